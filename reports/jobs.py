"""Printing a briefing as background work (see `changzhi_portal.jobs`)."""

from __future__ import annotations

from changzhi_portal.celery import Queue
from changzhi_portal.jobs import JobKind
from reports.models import Briefing

# Each step of printing begins with a heartbeat. The longest, layout with charts, takes a few seconds of the lease.
PRINT = JobKind(
    model=Briefing,
    task="reports.tasks.print_briefing",
    queue=Queue.REPORTS,
    waiting=Briefing.State.QUEUED,
    running=Briefing.State.PRINTING,
    failed=Briefing.State.FAILED,
    shows_failure=Briefing.State.FAILED,
    given_up="多次生成都中断，请联系系统管理员检查服务器后重新生成。",
    broken="生成简报时系统出错，请稍后重新生成，仍不行请联系系统管理员。",
    cleared={"step": ""},
)
