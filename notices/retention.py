"""How long notices are kept, and e-mail that was stored in a folder because there is no mail server."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from changzhi_portal.retention import RetentionRule
from notices.models import Notice


def _old(before: datetime.datetime) -> QuerySet[Notice]:
    return Notice.objects.filter(made_at__lt=before).exclude(mail__in=(Notice.Mail.WAITING, Notice.Mail.SENDING))


def _delete(before: datetime.datetime) -> int:
    deleted, _ = _old(before).delete()
    return deleted


def _stored_mail(before: datetime.datetime) -> Iterator[Path]:
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    if folder and Path(folder).is_dir():
        yield from (path for path in Path(folder).glob("*.log") if path.stat().st_mtime < before.timestamp())


def _delete_mail(before: datetime.datetime) -> int:
    paths = list(_stored_mail(before))
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


NOTICES = RetentionRule("notices", "通知", 50, count=lambda before: _old(before).count(), wipe=_delete)
MAIL = RetentionRule(
    "mail", "存在本机的邮件", 60, count=lambda before: len(list(_stored_mail(before))), wipe=_delete_mail
)
