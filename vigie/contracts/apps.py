from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "vigie.contracts"
    label = "contracts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.contracts import labels  # noqa: F401  (registers the refusal sentences)
        from vigie.contracts.queries.places import check_holidays
        from vigie.contracts.views.part import coverage_part
        from vigie.tenancy import questions
        from vigie.toolkit import slots

        questions.check_holidays_with(check_holidays)
        slots.fill("contract", coverage_part)
