"""How long failed sign-ins are kept with their addresses: longer than the six months of 等保 2.0; the trail keeps its own."""

from __future__ import annotations

import datetime

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.db.models import QuerySet

from changzhi_portal.retention import RetentionRule


def _old(before: datetime.datetime) -> list[QuerySet]:
    return [model.objects.filter(attempt_time__lt=before) for model in (AccessAttempt, AccessFailureLog, AccessLog)]


def _delete(before: datetime.datetime) -> int:
    return sum(rows.delete()[0] for rows in _old(before))


SIGN_INS = RetentionRule(
    "sign_ins", "登录失败的地址", 70, count=lambda before: sum(rows.count() for rows in _old(before)), wipe=_delete
)
