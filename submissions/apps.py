"""Registration of the app."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """上报."""

    name = "submissions"
    verbose_name = "上报"
