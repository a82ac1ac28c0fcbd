"""The frame as a Django app, so that Django finds its templates, template tags and checks."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from changzhi_portal.kept import forget_all
from changzhi_portal.logs import configure_structlog


class FrameConfig(AppConfig):
    """Configuration of the frame, with the table of saved views."""

    name = "changzhi_portal"
    label = "frame"
    verbose_name = "框架"

    def ready(self) -> None:
        """Configure structlog, and let `migrate` empty what pages have kept.

        Django has configured the standard library's logging from `settings.LOGGING` before.
        """
        configure_structlog()
        post_migrate.connect(forget_all, sender=self)
