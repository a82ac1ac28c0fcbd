"""Archiving: old records of the trail move to a signed file, and a record of the trail tells of it."""

from __future__ import annotations

import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions import portal_itself
from audit.export import WrittenTrail, write_trail
from audit.verification import verify_trail
from changelog.models import TrailKind, TrailRecord, TrailSeal
from changelog.trail import record_event, seal_waiting
from changelog.trail.chain import archive_signature, keys_by_id
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError

_BATCH = 5_000


def archive_trail(*, before: datetime.date, path: Path) -> WrittenTrail:
    """Write the records from before a day to a new file, then delete them, in one transaction with the record of it.

    Raises InvalidError for a day later than TRAIL_KEEP_MONTHS ago, StaleError for a trail that is not whole or has no
    such records, NotAllowedError for a database role that may not delete, OSError for the file.
    """
    if before > _newest_day():
        raise InvalidError(
            f"审计记录至少保存{settings.TRAIL_KEEP_MONTHS}个月，只能归档{_newest_day()}以前的。",
            cure=f"Records are kept for {settings.TRAIL_KEEP_MONTHS} months (TRAIL_KEEP_MONTHS); name an earlier day.",
        )
    _refuse_application_role()
    seal_waiting(among_all=True)
    if verify_trail().findings:
        raise StaleError("审计记录核对不符，没有归档。", cure="The trail is not whole; see manage.py verify_trail.")
    last_seq = _last_before(before)
    written = write_trail(path, up_to=last_seq)
    _, key = next(iter(keys_by_id().items()))
    detail = {
        "file": path.name,
        "sha256": written.sha256,
        "last_seq": written.last_seq,
        "last_mac": written.last_mac,
        "signature": archive_signature(
            key, last_seq=written.last_seq, last_mac=written.last_mac, sha256=written.sha256
        ),
    }
    with transaction.atomic():
        record_event(TrailKind.TRAIL_ARCHIVED, by=portal_itself(), rows=written.rows, detail=detail)
        _delete_up_to(written.last_seq)
    seal_waiting()
    return written


def _newest_day() -> datetime.date:
    """Return the day before which records may be archived: TRAIL_KEEP_MONTHS ago."""
    today = timezone.localdate()
    months = today.year * 12 + today.month - 1 - settings.TRAIL_KEEP_MONTHS
    return datetime.date(months // 12, months % 12 + 1, min(today.day, 28))


def _last_before(day: datetime.date) -> int:
    """Return the number of the last seal before the first record of `day` or later."""
    midnight = timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
    seals = TrailSeal.objects.order_by("seq")
    first_kept = seals.filter(record__made_at__gte=midnight).values_list("seq", flat=True).first()
    older = seals if first_kept is None else seals.filter(seq__lt=first_kept)
    last = older.values_list("seq", flat=True).last()
    if last is None:
        raise StaleError(f"没有{day}以前的审计记录。", cure=f"There are no records from before {day}.")
    return last


def _delete_up_to(seq: int) -> None:
    """Delete the archived seals and their records. The models refuse it, so that no other code does by mistake."""
    while True:
        seals = TrailSeal.objects.filter(seq__lte=seq).order_by("seq").values_list("seq", "record_id")[:_BATCH]
        if not seals:
            return
        numbers, records = zip(*seals, strict=True)
        TrailSeal.objects.filter(seq__in=numbers)._raw_delete(connection.alias)
        TrailRecord.objects.filter(pk__in=records)._raw_delete(connection.alias)


def _refuse_application_role() -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'DELETE')", [TrailRecord._meta.db_table])
        if not cursor.fetchone()[0]:
            raise NotAllowedError(
                "数据库账号不能删除审计记录，请用迁移账号归档。",
                cure="The application's role cannot delete from the trail. Run it with the owner's DATABASE_URL.",
            )
