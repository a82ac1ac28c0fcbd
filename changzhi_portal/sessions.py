"""Sessions in the cache, which a full disk does not end."""

from __future__ import annotations

import logging

from django.contrib.sessions.backends import cache

logger = logging.getLogger(__name__)


class SessionStore(cache.SessionStore):
    """Django's own, but for a session that is there already and cannot be written again.

    It stays as it is: every request renews it, so without this a full disk would make an error page of every page.
    """

    def save(self, must_create: bool = False) -> None:
        """Write the session. Raises OSError only for a new one: nobody can sign in while the disk is full."""
        try:
            super().save(must_create)
        except OSError:
            if must_create:
                raise
            logger.exception("A session cannot be renewed")
