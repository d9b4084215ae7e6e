from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "vigie.compliance"
    label = "compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.compliance import labels  # noqa: F401  (registers its sentences)
        from vigie.compliance.queries.behind import is_frozen
        from vigie.compliance.queries.coverage import rates_measured
        from vigie.compliance.views.part import clocks_part, contract_part
        from vigie.contracts import questions
        from vigie.tickets import questions as of_tickets
        from vigie.toolkit import slots

        slots.fill("contract", contract_part)
        slots.fill("clocks", clocks_part)
        questions.measured_by(rates_measured)
        of_tickets.settled_by(is_frozen)
