from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "vigie.operations"
    label = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.operations import labels  # noqa: F401  (registers its sentences)
        from vigie.operations.collector import Installation
        from vigie.toolkit import measures

        measures.register(Installation())
