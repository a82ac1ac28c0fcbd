"""The frame as a Django app, so that Django finds its templates, template tags and checks."""

from django.apps import AppConfig

from changzhi_portal.logs import configure_structlog


class FrameConfig(AppConfig):
    """Configuration of the frame, with the table of saved views."""

    name = "changzhi_portal"
    label = "frame"
    verbose_name = "框架"

    def ready(self) -> None:
        """Configure structlog. Django has configured the standard library's logging from `settings.LOGGING` before."""
        configure_structlog()
