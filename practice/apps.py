"""Registration of the app."""

from django.apps import AppConfig


class PracticeConfig(AppConfig):
    """保障与推广."""

    name = "practice"
    verbose_name = "保障与推广"
