from django.apps import AppConfig


class EscalationConfig(AppConfig):
    name = "vigie.escalation"
    label = "escalation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.escalation import labels  # noqa: F401  (registers its sentences)
        from vigie.escalation.queries.ladders import covers
        from vigie.escalation.views.escalations import ticket_part
        from vigie.escalation.views.ladders import contract_part
        from vigie.escalation.views.risk import queue_part
        from vigie.tickets.actions import telling
        from vigie.toolkit import slots

        telling.leave_warnings_to(covers)
        slots.fill("contract", contract_part)
        slots.fill("ticket", ticket_part)
        slots.fill("queue_views", queue_part)
