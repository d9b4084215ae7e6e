from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "vigie.portal"
    label = "portal"

    def ready(self) -> None:
        from vigie.portal.shell import shell
        from vigie.toolkit.pages import register_shell

        register_shell("client", shell)
