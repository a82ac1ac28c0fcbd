"""Printing a briefing, and sending it to its recipients, as background work (see `changzhi_portal.jobs`)."""

from __future__ import annotations

import datetime
from typing import Final

from changzhi_portal.celery import Queue
from changzhi_portal.jobs import JobKind
from reports.models import Briefing, BriefingDelivery

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

# How long after the 1st, 2nd, … failure a mail is tried again; after the last one it has failed.
MAIL_DELAYS: Final = tuple(datetime.timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60))
# Connecting, TLS, signing in, MAIL and RCPT are a dozen steps of at most EMAIL_TIMEOUT each.
_MAIL_LEASE = datetime.timedelta(minutes=5)
UNCONFIRMED: Final = "交给邮件服务器时中断，不知道对方收到没有；请先问一声，没有收到的再重新发送。"

# Until the mail is handed over: whatever happens here, the mail was not sent, and is tried again.
MAIL = JobKind(
    model=BriefingDelivery,
    task="reports.tasks.send_delivery",
    queue=Queue.TARGETS,
    waiting=BriefingDelivery.State.WAITING,
    running=BriefingDelivery.State.SENDING,
    failed=BriefingDelivery.State.FAILED,
    shows_failure=BriefingDelivery.State.FAILED,
    waiting_since="next_at",
    given_up="多次发信都中断，请联系系统管理员，好了以后重新发送。",
    broken="发信时系统出错，请联系系统管理员，好了以后重新发送。",
    lease=_MAIL_LEASE,
    max_attempts=len(MAIL_DELAYS) + 1,
)

# While the mail is handed over: it may have been sent, so a worker that dies leaves it unconfirmed (ADR 0036).
HAND_OVER = JobKind(
    model=BriefingDelivery,
    queue=Queue.TARGETS,
    running=BriefingDelivery.State.HANDING,
    failed=BriefingDelivery.State.UNCONFIRMED,
    find_due=lambda: (),  # nobody claims a row in this state: it comes from MAIL
    shows_failure=BriefingDelivery.State.UNCONFIRMED,
    given_up=UNCONFIRMED,
    broken=UNCONFIRMED,
    lease=_MAIL_LEASE,
    max_attempts=0,
)
