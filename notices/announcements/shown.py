"""Which announcements a page shows, and which a person has put away in this session.

Every page asks, so what is announced is kept in the cache of what pages have found; writing one forgets it. A page that
has looked just before and keeps it just after would keep what is past, therefore it is kept for a minute only.
"""

from __future__ import annotations

import datetime
from typing import Any, Final, NamedTuple

from django.db import Error
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from changzhi_portal.kept import forget, kept
from notices.models import Announcement

KEY: Final = "announcements"
KEPT_SECONDS: Final = 60
_PUT_AWAY: Final = "announcements_put_away"  # of a session: the marks of announcements


class Shown(NamedTuple):
    """An announcement as pages show it. `mark` differs after each change."""

    mark: str
    text: str
    begins_on: datetime.date
    until: datetime.date
    is_public: bool


def announcements_for(request: HttpRequest) -> list[Shown]:
    """Return what stands on top of this page, the newest first; nothing while the database does not answer."""
    try:
        announced = kept(KEY, _find, seconds=KEPT_SECONDS)
    except Error:
        return []
    today = timezone.localdate()
    user = getattr(request, "user", None)
    knows_all = user is not None and user.is_authenticated
    put_away = request.session.get(_PUT_AWAY, ()) if knows_all else ()
    return [
        each
        for each in announced
        if each.begins_on <= today <= each.until and (knows_all or each.is_public) and each.mark not in put_away
    ]


def put_away(request: HttpRequest, mark: str) -> None:
    """Show an announcement no more in this session."""
    shown = {each.mark for each in announcements_for(request)}
    if mark in shown:
        request.session[_PUT_AWAY] = [*request.session.get(_PUT_AWAY, ()), mark]


def forget_announcements() -> None:
    """Have the next page look again; called when one was written."""
    forget(KEY)


def announcements(request: HttpRequest) -> dict[str, Any]:
    """Return the variable `announcements` for templates (a context processor); it is found where a page shows it."""
    return {"announcements": SimpleLazyObject(lambda: announcements_for(request))}


def _find() -> list[Shown]:
    rows = Announcement.objects.not_over(timezone.localdate())
    return [Shown(f"{row.ref}.{row.version}", row.text, row.begins_on, row.until, row.is_public) for row in rows]
