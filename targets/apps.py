"""Registration of the app."""

from django.apps import AppConfig


class TargetsConfig(AppConfig):
    """目标."""

    name = "targets"
    verbose_name = "目标"
