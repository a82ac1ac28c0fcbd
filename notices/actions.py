"""Actions of the notices: notifying users, marking notices as seen, sending their e-mail.

A notice is written in the transaction of the change it reports. The worker sends its e-mail later, which contains only
the title, and stores the outcome on the notice. If the mail server is not reachable, the e-mail is sent later (ADR 0008).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone

from accounts.models import User
from changzhi_portal.bulk import insert_rows
from changzhi_portal.jobs import MAX_ATTEMPTS, Claim
from changzhi_portal.records import field_of
from changzhi_portal.rights import Actor
from notices.jobs import MAIL
from notices.models import Notice

logger = logging.getLogger(__name__)
PORTAL_NAME = "长治市社区治理与“三社联动”信息平台"
_MAX_PER_TASK = 200  # e-mails sent by one task, so that other tasks of the queue are not delayed
# Errors that concern one message alone. After any other error no more e-mail is sent until the next task.
_MESSAGE_ERRORS = (SMTPRecipientsRefused, SMTPDataError, ValueError)


class Message(NamedTuple):
    """The content of a notice (see `Notice`). Without `by_mail` it is shown in the portal only."""

    user: User
    title: str
    text: str = ""
    url: str = ""
    about: str = ""
    kind: str = ""
    by_mail: bool = True


def notify(messages: Iterable[Message]) -> list[Notice]:
    """Create notices and return them. The worker sends their e-mail later.

    Must run inside the transaction of the change that they report.
    """
    notices = [
        Notice(
            user=message.user,
            title=_truncated(message.title, "title"),
            text=_truncated(message.text, "text"),
            url=message.url,
            about=message.about,
            kind=message.kind,
            made_at=timezone.now(),
            mail=_mail_of(message),
        )
        for message in messages
        if message.user.is_person  # another system reads none
    ]
    insert_rows(Notice, notices)
    return notices


def _mail_of(message: Message) -> str:
    if not message.by_mail:
        return Notice.Mail.PORTAL
    return Notice.Mail.WAITING if message.user.email else Notice.Mail.NONE


def _truncated(text: str, column: str) -> str:
    """Return the text truncated to the column's length, so that a long name does not make the notice fail."""
    length = field_of(Notice, column).max_length or 0
    return text if len(text) <= length else f"{text[: length - 1]}…"


def mark_as_seen(*, by: Actor, about: str | None = None) -> int:
    """Mark the user's own notices as seen, all or those about one record; return how many were unseen."""
    unseen = Notice.objects.addressed_to(by).unseen()
    if about is not None:
        unseen = unseen.about(about)
    return unseen.update(seen_at=timezone.now())


# --- E-mail ---


def is_mail_sent_out() -> bool:
    """Return whether e-mail is sent by a mail server; by default it is written to a folder (docs/operations.md, EMAIL_URL)."""
    return settings.EMAIL_BACKEND not in {
        "django.core.mail.backends.filebased.EmailBackend",
        "django.core.mail.backends.console.EmailBackend",
        "django.core.mail.backends.dummy.EmailBackend",
    }


def send_waiting_mail() -> int:
    """Send the waiting e-mail of notices; return how many were sent. Safe to run concurrently."""
    sent = 0
    connection = get_connection()
    for key in MAIL.due().order_by("pk").values_list("pk", flat=True)[:_MAX_PER_TASK]:
        claim = MAIL.claim(key, among=MAIL.due())
        if claim is None:
            continue
        notice = Notice.objects.select_related("user").get(pk=key)
        with claim.guard():
            try:
                _message(notice, connection).send()
            except (OSError, ValueError) as error:  # SMTPException is an OSError
                _note_failure(claim, notice, error)
                if not isinstance(error, _MESSAGE_ERRORS):
                    break
            else:
                claim.finish(_delivered(), mail_error="")
                sent += 1
    connection.close()
    return sent


def _delivered() -> str:
    return Notice.Mail.SENT if is_mail_sent_out() else Notice.Mail.KEPT


def _message(notice: Notice, connection: Any) -> EmailMessage:
    """Return the e-mail with the title and where to sign in; never the text, which may contain personal data."""
    return EmailMessage(
        subject=f"【通知】{notice.title}",
        body=f"{notice.title}。\n\n请登录{PORTAL_NAME}，在“通知”中查看详情并办理。\n\n（本邮件由系统自动发出，请勿回复。）",
        to=[notice.user.email],
        connection=connection,
    )


def _note_failure(claim: Claim[Notice], notice: Notice, error: Exception) -> None:
    """Put the notice back for another attempt, or after the last one store the reason and fail it.

    The user's address must not appear in the reason or the log.
    """
    logger.warning("The e-mail of notice %s was not sent: %s", notice.pk, type(error).__name__)
    refused = isinstance(error, _MESSAGE_ERRORS)
    reason = "收件地址或内容被拒收，请核对邮箱" if refused else "连不上邮件服务器，请联系系统管理员"
    reason = f"{reason}（{type(error).__name__}）"
    if notice.attempts >= MAX_ATTEMPTS:
        claim.fail(reason)
    else:
        claim.finish(Notice.Mail.WAITING, mail_error=reason)
