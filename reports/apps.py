"""Registration of the app."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """简报."""

    name = "reports"
    verbose_name = "简报"
