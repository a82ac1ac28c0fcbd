"""How long browsers that somebody has signed in with are known, with their addresses. The trail keeps its own (docs/audit.md)."""

from __future__ import annotations

import datetime

from accounts.models import KnownBrowser
from changzhi_portal.retention import RetentionRule


def _delete(before: datetime.datetime) -> int:
    return KnownBrowser.objects.filter(last_used_at__lt=before).delete()[0]


SIGN_INS = RetentionRule(
    "sign_ins",
    "很久没有用过的登录电脑",
    70,
    count=lambda before: KnownBrowser.objects.filter(last_used_at__lt=before).count(),
    wipe=_delete,
)
