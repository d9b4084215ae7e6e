from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "vigie.channels.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.channels.mail import labels  # noqa: F401  (registers its sentences)
        from vigie.channels.mail.outgoing.views import composer_warning, person_address
        from vigie.toolkit import slots

        slots.fill("person", person_address)
        slots.fill("composer", composer_warning)
