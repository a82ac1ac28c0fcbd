"""Registration of the app."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """对接系统."""

    name = "connections"
    verbose_name = "对接系统"
