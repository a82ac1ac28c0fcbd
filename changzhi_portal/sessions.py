"""Sessions in the cache that survive a full disk and a restart of Redis, and end some hours after the sign-in.

A session lies in the cache under a digest of its key, which may be written down elsewhere (`accounts.models.SignInSession`):
it finds the session, to look at it or to end it, and nobody gets in by it.
"""

from __future__ import annotations

import hashlib
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
SEEN: Final = "seen"  # of a signed-in session: when it was last used, in seconds since 1970, to within SEEN_EVERY
SEEN_EVERY: Final = 5 * 60  # seconds


def digest_of(session_key: str) -> str:
    """Return what a session lies in the cache by. A key has 165 random bits: it is not found again from its digest."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def note_seen(session: SessionBase) -> None:
    """Note in a signed-in session that it is used now; it is written at most once in `SEEN_EVERY`."""
    if SESSION_KEY not in session:
        return
    now = int(time.time())
    if now - session.get(SEEN, 0) >= SEEN_EVERY:
        session[SEEN] = now


def end_after_hours(session: SessionBase) -> None:
    """End a signed-in session that began `SESSION_MAX_HOURS` ago; let the clock of one without a beginning start now."""
    if not settings.SESSION_MAX_HOURS or SESSION_KEY not in session:
        return
    now = int(time.time())
    if now - session.setdefault(BEGAN, now) >= settings.SESSION_MAX_HOURS * 3600:
        session.flush()


class SessionStore(cache.SessionStore):
    """Django's session store, changed for a cache that fails (`middleware.SessionMiddleware` shows a page then)."""

    @property
    def cache_key(self) -> str:
        """Return where the session lies in the cache."""
        return self._place_of(digest_of(self._get_or_create_session_key()))  # type: ignore[attr-defined]  # missing in the stubs

    def exists(self, session_key: str) -> bool:
        """Return whether there is a session with this key."""
        return bool(session_key) and self._place_of(digest_of(session_key)) in self._cache  # type: ignore[attr-defined]

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session with this key, by default this one."""
        key = session_key or self.session_key
        if key is not None:
            self.end(digest_of(key))

    @classmethod
    def _place_of(cls, digest: str) -> str:
        return f"{cls.cache_key_prefix}{digest}"

    @classmethod
    def content_of(cls, digest: str) -> dict[str, Any]:
        """Return what a session holds, without renewing it; {} for one that has ended."""
        return cls()._cache.get(cls._place_of(digest)) or {}  # type: ignore[attr-defined]

    @classmethod
    def end(cls, digest: str) -> None:
        """End the session with this digest of its key: the next request with it is that of a visitor."""
        cls()._cache.delete(cls._place_of(digest))  # type: ignore[attr-defined]

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
