from django.apps import AppConfig


class RotaConfig(AppConfig):
    name = "vigie.rota"
    label = "rota"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.rota import labels  # noqa: F401  (registers its sentences)
