"""Registration of the app."""

from django.apps import AppConfig
from django.core.checks import register

from targets.checks import check_indicators


class TargetsConfig(AppConfig):
    """目标."""

    name = "targets"
    verbose_name = "目标"

    def ready(self) -> None:
        """Register the system checks."""
        register(check_indicators)
