"""How long it is kept with what and from where somebody has signed in. The trail keeps its own (docs/audit.md)."""

from __future__ import annotations

import datetime

from django.db.models import QuerySet

from accounts.models import KnownBrowser, SignInSession
from changzhi_portal.retention import RetentionRule


def _old(before: datetime.datetime) -> tuple[QuerySet, ...]:
    """Return browsers that nobody has used since a moment, and the rows of sessions of people who have not come back."""
    return KnownBrowser.objects.filter(last_used_at__lt=before), SignInSession.objects.filter(began_at__lt=before)


def _delete(before: datetime.datetime) -> int:
    return sum(rows.delete()[0] for rows in _old(before))


SIGN_INS = RetentionRule(
    "sign_ins",
    "很久没有用过的登录设备和地址",
    70,
    count=lambda before: sum(rows.count() for rows in _old(before)),
    wipe=_delete,
)
