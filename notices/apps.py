"""Registration of the app."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """通知."""

    name = "notices"
    verbose_name = "通知"
