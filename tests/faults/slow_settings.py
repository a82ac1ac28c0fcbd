"""The product's settings for a portal whose workers halt at a step of their work when a test says so (slow_steps.py)."""

from changzhi_portal.settings import *  # noqa: F403
from changzhi_portal.settings import CELERY_IMPORTS, STORAGES

CELERY_IMPORTS = [*CELERY_IMPORTS, "tests.faults.slow_steps"]
# Without collected static files, which take seconds.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
