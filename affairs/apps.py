"""Registration of the app."""

from django.apps import AppConfig


class AffairsConfig(AppConfig):
    """公共服务事项."""

    name = "affairs"
    verbose_name = "公共服务事项"
