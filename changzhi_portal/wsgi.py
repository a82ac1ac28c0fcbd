"""WSGI entry point, served by gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")
application = get_wsgi_application()

from django.db import connection  # noqa: E402

from changzhi_portal.faults import let_pages_wait_briefly  # noqa: E402

let_pages_wait_briefly(connection)
