"""What the trail needs: records are sealed soon, and the chain reaches the seal kept outside the database."""

from __future__ import annotations

import datetime
import time

from django.utils import timezone

from changelog.models.trail import TrailRecord
from changelog.trail import spool
from changelog.trail.sealing import head_that_does_not_fit
from changzhi_portal.health.check import HealthCheck
from changzhi_portal.refusals import UnavailableError

_LATE = datetime.timedelta(minutes=5)


def _trail() -> str:
    try:
        head = head_that_does_not_fit()
    except (OSError, ValueError) as error:
        raise UnavailableError(
            "数据目录里的审计封存读不出来，请检查磁盘和 trail 目录。",
            cure=f"VAR_DIR/trail/head cannot be read ({type(error).__name__}).",
        ) from error
    if head is not None:
        raise UnavailableError(
            "审计记录的末尾与库外保存的封存不符：数据库恢复过备份，或者被人动过。请在服务器上运行 manage.py verify_trail。",
            cure=f"The seal {head.seq} kept outside is not in the database. Run manage.py verify_trail.",
        )
    if _is_spool_stuck():
        raise UnavailableError(
            "有审计记录留在数据目录的 trail/spool 里，一直没有收进数据库，请检查定时任务（beat）是否在运行，并看日志。",
            cure="Files lie in VAR_DIR/trail/spool for minutes. Is beat running? The log says which one is no record.",
        )
    # A look at the oldest of the newest records: those of long ago are found by verify_trail.
    waiting = TrailRecord.objects.unsealed().filter(made_at__gt=timezone.now() - datetime.timedelta(days=1))
    oldest = waiting.values_list("made_at", flat=True).first()
    if oldest is not None and oldest < timezone.now() - _LATE:
        raise UnavailableError(
            "审计记录没有按时封存，请检查定时任务（beat）是否在运行。",
            cure=f"A record of {oldest:%Y-%m-%d %H:%M} UTC is not sealed. Is beat running?",
        )
    return "审计记录按时封存，与库外保存的一致。"


def _is_spool_stuck() -> bool:
    """Return whether the oldest file of the spool has waited for longer than sealing takes."""
    oldest = next(iter(spool.waiting()), None)
    try:
        return oldest is not None and time.time() - oldest.stat().st_mtime > _LATE.total_seconds()
    except FileNotFoundError:
        return False


TRAIL = HealthCheck(name="trail", title="审计记录", ask=_trail)
