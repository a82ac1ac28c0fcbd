"""Sessions in the cache that survive a full disk and a restart of Redis, and end some hours after the sign-in."""

from __future__ import annotations

import logging
import re
import time
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cache
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
CACHE_ERRORS: Final = (OSError, RedisError)
_KEY: Final = re.compile(r"[0-9a-z]{32}")  # as Django makes them
BEGAN: Final = "began"  # of a signed-in session: when it was first used, in seconds since 1970


def end_after_hours(session: SessionBase) -> None:
    """End a signed-in session that began `SESSION_MAX_HOURS` ago; let the clock of one without a beginning start now."""
    if not settings.SESSION_MAX_HOURS or SESSION_KEY not in session:
        return
    now = int(time.time())
    if now - session.setdefault(BEGAN, now) >= settings.SESSION_MAX_HOURS * 3600:
        session.flush()


class SessionStore(cache.SessionStore):
    """Django's session store, changed for a cache that fails (`middleware.SessionMiddleware` shows a page then)."""

    def _validate_session_key(self, key: str) -> bool:
        """Return whether a key from a cookie has the form of ours; any other would only trouble the cache."""
        return bool(key) and _KEY.fullmatch(key) is not None

    def load(self) -> dict[str, Any]:
        """Return the session's content. Raises the cache's error, which Django would treat as an expired session."""
        content: dict[str, Any] | None = self._cache.get(self.cache_key)  # type: ignore[attr-defined]  # missing in the stubs
        if content is None:
            self._session_key = None
        return content or {}

    def save(self, must_create: bool = False) -> None:
        """Write the session. Raises CACHE_ERRORS only for a new session, because nobody can sign in then.

        An existing session is left unchanged on an error: every request renews it, and a full disk must not break each
        page. Nothing but its time is written where a page has not changed it. Raises UpdateError for a session that has
        ended meanwhile.
        """
        try:
            if must_create or self.modified or not self.session_key:
                super().save(must_create)
            elif not self._cache.touch(self.cache_key, self.get_expiry_age()):  # type: ignore[attr-defined]  # as above
                raise UpdateError
        except CACHE_ERRORS:
            if must_create:
                raise
            logger.exception("A session cannot be renewed")
