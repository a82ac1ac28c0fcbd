"""Registration of the app."""

from django.apps import AppConfig


class PeriodsConfig(AppConfig):
    """统计月."""

    name = "periods"
    verbose_name = "统计月"
