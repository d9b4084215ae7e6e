from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "vigie.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.catalog import labels  # noqa: F401  (registers the refusal sentences)
