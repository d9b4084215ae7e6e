from django.apps import AppConfig


class ReplayConfig(AppConfig):
    name = "vigie.replay"
    label = "replay"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.replay import labels  # noqa: F401  (registers its sentences)
        from vigie.replay.views.part import contract_part, draft_part
        from vigie.toolkit import slots

        slots.fill("contract", contract_part)
        slots.fill("draft", draft_part)
