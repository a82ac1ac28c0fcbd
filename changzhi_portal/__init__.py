"""The shared part of the portal: settings, URLs, Celery, and what every register uses. It imports no app."""

from changzhi_portal.celery import app as celery_app

__all__ = ["celery_app"]
