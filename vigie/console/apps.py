from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "vigie.console"
    label = "console"
