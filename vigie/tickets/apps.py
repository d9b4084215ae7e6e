from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "vigie.tickets"
    label = "tickets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.tenancy import questions
        from vigie.tickets import handlers, labels, slots  # noqa: F401  (subscriptions, refusal sentences)
        from vigie.tickets.access import code_is_used
        from vigie.toolkit.slots import fill

        questions.in_use_when(code_is_used)
        fill("contracts.hours", slots.hours_effect)
