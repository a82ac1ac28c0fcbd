"""Settings of the rival of the lists: Django's admin over the same rows, in the same process as the portal."""

from changzhi_portal.settings import *  # noqa: F403
from changzhi_portal.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]
ROOT_URLCONF = "tests.bench.pages.admin_urls"
