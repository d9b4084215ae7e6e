from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "vigie.demo"
    label = "demo"

    def ready(self) -> None:
        from vigie.accounts import demo_mode
        from vigie.demo import labels  # noqa: F401
        from vigie.demo.accounts import ACCOUNTS

        demo_mode.offer(ACCOUNTS)
