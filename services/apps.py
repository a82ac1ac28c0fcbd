"""Registration of the app."""

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """购买服务."""

    name = "services"
    verbose_name = "购买服务"
