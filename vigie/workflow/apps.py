from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "vigie.workflow"
    label = "workflow"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.workflow import labels  # noqa: F401  (registers the refusal sentences)
