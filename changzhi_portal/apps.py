"""The frame as a Django app, so that its templates, template tags and checks are found."""

from django.apps import AppConfig

from changzhi_portal.logs import configure_structlog


class FrameConfig(AppConfig):
    """What every register shares; has no tables of its own."""

    name = "changzhi_portal"
    label = "frame"
    verbose_name = "框架"

    def ready(self) -> None:
        """Configure structlog; `settings.LOGGING` has configured the standard library before."""
        configure_structlog()
