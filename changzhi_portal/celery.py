"""The Celery application. Tasks live in `<app>/tasks.py`; each says its queue."""

import os
from enum import StrEnum

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")


class Queue(StrEnum):
    """The queues a worker serves. A task without one of these fails a test."""

    UPLOADS = "uploads"  # a clerk is waiting in front of the page
    TARGETS = "targets"  # measuring a month
    REPORTS = "reports"  # printing a briefing


app = Celery("changzhi_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
