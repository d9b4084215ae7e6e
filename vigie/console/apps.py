from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "vigie.console"
    label = "console"

    def ready(self) -> None:
        from vigie.console import labels  # noqa: F401
        from vigie.console.shell import shell
        from vigie.toolkit.pages import register_shell

        register_shell("provider", shell)
