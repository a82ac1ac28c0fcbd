"""Logger class of gunicorn (`--logger-class changzhi_portal.gunicorn.Logger`)."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.utils.log import configure_logging
from gunicorn import glogging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")


class Logger(glogging.Logger):
    """gunicorn's logger, with its lines and the access log sent to the portal's handlers.

    `--log-level`, `--access-logfile` and `--access-logformat` still apply, except for the name of the file.
    """

    def setup(self, cfg: Any) -> None:
        """Configure logging in the master process, and remove the handlers of gunicorn's loggers."""
        super().setup(cfg)
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
        for logger in (self.error_log, self.access_log):
            logger.handlers = []
            logger.propagate = True
