from typing import Any

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "vigie.tenancy"
    label = "tenancy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.core.checks import register
        from django.db.models.signals import post_migrate

        from vigie.tenancy import labels, walls  # noqa: F401  (registers the refusal sentences)
        from vigie.toolkit import events

        events.open_gate_with(walls.past_the_wall)
        register(walls.check_classification)

        def after_migrations(**kwargs: Any) -> None:
            walls.raise_walls(kwargs["using"])

        # Django's own hook, not a business signal: walls follow the tables they guard.
        post_migrate.connect(after_migrations, sender=self, weak=False)
