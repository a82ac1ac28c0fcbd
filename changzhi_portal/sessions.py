"""Sessions in the cache, which neither a full disk nor a Redis that is restarted ends."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.contrib.sessions.backends import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
CACHE_AWAY: Final = (OSError, RedisError)


class SessionStore(cache.SessionStore):
    """Django's own, but for what it does while the cache fails (`middleware.SessionMiddleware` shows a page then)."""

    def load(self) -> dict[str, Any]:
        """The session's content. Raises what the cache raises: Django would take the session for one that has expired."""
        content: dict[str, Any] | None = self._cache.get(self.cache_key)  # type: ignore[attr-defined]  # missing in the stubs
        if content is None:
            self._session_key = None
        return content or {}

    def save(self, must_create: bool = False) -> None:
        """Write the session. Raises CACHE_AWAY only for a new one: nobody can sign in then.

        One that is there stays as it is: every request renews it, and a full disk must not make an error page of each.
        """
        try:
            super().save(must_create)
        except CACHE_AWAY:
            if must_create:
                raise
            logger.exception("A session cannot be renewed")
