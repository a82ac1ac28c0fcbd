"""Registration of the app."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    """表格上传."""

    name = "uploads"
    verbose_name = "表格上传"
