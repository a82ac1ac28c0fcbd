"""Sending the e-mail of notices as background work (see `changzhi_portal.jobs`).

Beat calls one task that sends all waiting e-mail over one connection to the mail server.
"""

from __future__ import annotations

import datetime

from changzhi_portal.celery import Queue
from changzhi_portal.jobs import JobKind
from notices.models import Notice

# A failed attempt is repeated after this time. It is also the lease: each step of sending takes at most EMAIL_TIMEOUT, and
# an e-mail whose lease ends too early would be sent twice.
TRY_AGAIN_AFTER = datetime.timedelta(minutes=5)

MAIL = JobKind(
    model=Notice,
    queue=Queue.TARGETS,
    state_field="mail",
    waiting=Notice.Mail.WAITING,
    running=Notice.Mail.SENDING,
    failed=Notice.Mail.FAILED,
    waiting_since="made_at",
    shows_failure=Notice.Mail.FAILED,
    message_field="mail_error",
    given_up="多次发信都中断，请联系系统管理员",
    broken="发信时系统出错，请联系系统管理员",
    lease=TRY_AGAIN_AFTER,
    remind_after=TRY_AGAIN_AFTER,
)
