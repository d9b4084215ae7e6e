from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "vigie.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vigie.accounts import labels  # noqa: F401  (registers the refusal sentences)
        from vigie.accounts.second_factor import listen

        listen()
