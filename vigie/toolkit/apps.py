from django.apps import AppConfig


class ToolkitConfig(AppConfig):
    name = "vigie.toolkit"
    label = "toolkit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.toolkit import lookups

        lookups.register()
