"""Sessions of users: where they are open, keeping note of them, ending them (ADR 0025).

A session lies in the cache, its row (`SignInSession`) in the database. The cache may lose it: a row whose session is gone, or no
longer opens anything, is listed nowhere and deleted at the next sign-in.
"""

from __future__ import annotations

import datetime
import hmac
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from django.utils import timezone

from accounts.models import KnownBrowser, SignInSession, User
from accounts.models.sign_ins import BROWSER_KNOWN_FOR
from changelog.trail import TrailKind, record_event
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.sessions import BEGAN, SEEN, SessionStore


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that still opens pages: its row, when it was last used, and whether it is the one that asks."""

    row: SignInSession
    seen_at: datetime.datetime
    is_this: bool


def open_sessions(user: User, this: str = "") -> list[OpenSession]:
    """Return the open sessions of a user, the last used first; `this` is the digest of the one that asks."""
    found = [_looked_at(row, user, this) for row in user.sign_in_sessions.all()]
    return sorted((each for each in found if each is not None), key=lambda each: each.seen_at, reverse=True)


def _looked_at(row: SignInSession, user: User, this: str) -> OpenSession | None:
    content = SessionStore.content_of(row.digest)
    if not _opens(content, user):
        return None
    seen = content.get(SEEN)
    seen_at = row.began_at if seen is None else datetime.datetime.fromtimestamp(seen, tz=datetime.UTC)
    return OpenSession(row, max(seen_at, row.began_at), row.digest == this)


def _opens(content: dict[str, Any], user: User) -> bool:
    """Return whether a session with this content is one of the user's, with the hash of today, and not too old."""
    hashed = str(content.get(HASH_SESSION_KEY, ""))
    if content.get(SESSION_KEY) != str(user.pk) or not hmac.compare_digest(hashed, user.get_session_auth_hash()):
        return False
    began, hours = content.get(BEGAN), settings.SESSION_MAX_HOURS
    return not hours or began is None or timezone.now().timestamp() - began < hours * 3600


@transaction.atomic
def note_session(*, by: User, digest: str, device: str, address: str) -> list[SignInSession]:
    """Keep note of a session that `by` has just begun, and return the rows of those that it has ended.

    Of more than `MAX_SESSIONS` the one unused for longest ends: whoever signs in means to work here, and a computer that was
    left signed in elsewhere is not to be in the way.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # two sign-ins at once
    open_before = open_sessions(by)
    by.sign_in_sessions.exclude(pk__in=[each.row.pk for each in open_before]).delete()
    SignInSession.objects.create(user=by, digest=digest, device=device, address=address, began_at=timezone.now())
    most = settings.MAX_SESSIONS
    ended = [each.row for each in open_before[most - 1 :]] if most else []
    for row in ended:
        _end(row)
        _record(row, by=by, user=by, why="too_many")
    return ended


def know_browser(user: User, *, digest: str, device: str, address: str) -> bool:
    """Keep the browser as one of the user's; return whether the user should be told of it.

    Not of the very first, nor of one that only has lost its cookie: same name, same address.
    """
    now = timezone.now()
    user.browsers.filter(last_used_at__lt=now - BROWSER_KNOWN_FOR).delete()
    others = user.browsers.exclude(digest=digest)
    is_like_another = others.filter(device=device, address=address).exists()
    has_others = others.exists()
    _, is_first_time = KnownBrowser.objects.update_or_create(
        user=user,
        digest=digest,
        defaults={"device": device, "address": address, "last_used_at": now},
        create_defaults={"device": device, "address": address, "first_used_at": now, "last_used_at": now},
    )
    return is_first_time and has_others and not is_like_another


def forget_browsers(user: User, *, but: str) -> None:
    """Forget the browsers of a user except one, because their password is of before: whoever has stolen that is a stranger."""
    user.browsers.exclude(digest=but).delete()


def forget_session(digest: str) -> None:
    """Delete the row of a session that has ended by itself."""
    SignInSession.objects.filter(digest=digest).delete()


def rename_session(*, by: User, before: str, after: str) -> None:
    """Keep note that a session has a new key, as after a change of the password; digests of the keys."""
    by.sign_in_sessions.filter(digest=before).update(digest=after)


def end_session(*, by: User, user: User, number: int) -> SignInSession:
    """End one open session of `user`, which is `by` or managed by `by` (the caller has seen to it).

    Raises NotFoundError for a session that has ended.
    """
    row = user.sign_in_sessions.filter(pk=number).first()
    if row is None:
        raise NotFoundError("这个登录已经退出了。", cure="There is no such session of the user.")
    _end(row)
    _record(row, by=by, user=user)
    return row


def end_other_sessions(*, by: User, this: str) -> int:
    """End the sessions of `by` except the one with this digest; return how many were open."""
    others = [each for each in open_sessions(by, this) if not each.is_this]
    for row in by.sign_in_sessions.exclude(digest=this):
        _end(row)
    for each in others:
        _record(each.row, by=by, user=by)
    return len(others)


def forget_sessions(user: User, *, but: str = "") -> None:
    """End the sessions of a user, except one, in the cache as well; the hash in them has ended them already (ADR 0022)."""
    for row in user.sign_in_sessions.exclude(digest=but):
        _end(row)


def _end(row: SignInSession) -> None:
    SessionStore.end(row.digest)
    row.delete()


def _record(row: SignInSession, *, by: User, user: User, why: str = "") -> None:
    """Record in the trail that a session was ended from elsewhere; `label` says which."""
    detail = {"why": why} if why else None
    record_event(
        TrailKind.SESSION_ENDED, by=by, about=user, division=user.division, label=f"{user}：{row}", detail=detail
    )
