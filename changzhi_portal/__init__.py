"""The frame of the portal: settings, addresses, Celery, and what every app uses. It imports no app."""

from changzhi_portal.celery import app as celery_app

__all__ = ["celery_app"]
