"""What gunicorn needs of ours: a logger class (`--logger-class changzhi_portal.gunicorn.Logger`)."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.utils.log import configure_logging
from gunicorn import glogging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")


class Logger(glogging.Logger):
    """gunicorn's own logger, whose lines, the access log among them, go where all lines of the portal go.

    What `--log-level`, `--access-logfile` and `--access-logformat` say still holds, but for the file's name.
    """

    def setup(self, cfg: Any) -> None:
        """Configure logging in the master already, and leave gunicorn's loggers no handlers of their own."""
        super().setup(cfg)
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
        for logger in (self.error_log, self.access_log):
            logger.handlers = []
            logger.propagate = True
