"""The frame: settings, URLs, Celery, and what every register shares. Knows no app."""

from changzhi_portal.celery import app as celery_app

__all__ = ["celery_app"]
