"""Registration of the app."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """演示数据."""

    name = "demo"
    verbose_name = "演示数据"
