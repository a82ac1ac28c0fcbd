"""Writes of the notices: notifying people, marking notices as seen, sending their e-mail.

A notice is written in the transaction of what it speaks of. The worker sends its e-mail later, which says no more than
the title, and notes on the notice what became of it; a mail server that is away loses nothing (ADR 0008).
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
from notices.jobs import MAIL
from notices.models import Notice

logger = logging.getLogger(__name__)
PORTAL_NAME = "长治市社区治理与“三社联动”信息平台"
_MOST_AT_ONCE = 200  # e-mails a task sends before it lets others on the queue have their turn
# What concerns one message alone; after any other trouble the server is left in peace for a while.
_ABOUT_ONE_MESSAGE = (SMTPRecipientsRefused, SMTPDataError, ValueError)


class Message(NamedTuple):
    """What to tell one person; see `Notice`. Without `by_mail` it is said in the portal only, address or not."""

    user: User
    title: str
    text: str = ""
    url: str = ""
    about: str = ""
    kind: str = ""
    by_mail: bool = True


def notify(messages: Iterable[Message]) -> list[Notice]:
    """Write the notices and return them.

    Must run inside the transaction that writes what they speak of. The worker sends the e-mail later.
    """
    notices = [
        Notice(
            user=message.user,
            title=_cut(message.title, "title"),
            text=_cut(message.text, "text"),
            url=message.url,
            about=message.about,
            kind=message.kind,
            made_at=timezone.now(),
            mail=_mail_of(message),
        )
        for message in messages
    ]
    insert_rows(Notice, notices)
    return notices


def _mail_of(message: Message) -> str:
    if not message.by_mail:
        return Notice.Mail.PORTAL
    return Notice.Mail.WAITING if message.user.email else Notice.Mail.NONE


def _cut(words: str, column: str) -> str:
    """As much as the column holds: a county's long name must not keep anybody from being told."""
    length = Notice._meta.get_field(column).max_length or 0
    return words if len(words) <= length else f"{words[: length - 1]}…"


def mark_as_seen(*, by: Any, about: str | None = None) -> int:
    """Note that a person has looked at the own notices, all or those about one record; return how many were unseen."""
    unseen = Notice.objects.addressed_to(by).unseen()
    if about is not None:
        unseen = unseen.about(about)
    return unseen.update(seen_at=timezone.now())


# --- E-mail ---


def is_mail_sent_out() -> bool:
    """Whether e-mail leaves this machine; by default it is kept in a folder (docs/operations.md, EMAIL_URL)."""
    return settings.EMAIL_BACKEND not in {
        "django.core.mail.backends.filebased.EmailBackend",
        "django.core.mail.backends.console.EmailBackend",
        "django.core.mail.backends.dummy.EmailBackend",
    }


def send_waiting_mail() -> int:
    """Send the e-mail of the notices that wait for it; return how many were sent. Safe to run twice at the same time."""
    sent = 0
    connection = get_connection()
    for key in MAIL.due().order_by("pk").values_list("pk", flat=True)[:_MOST_AT_ONCE]:
        claim = MAIL.claim(key, among=MAIL.due())
        if claim is None:
            continue
        notice = Notice.objects.select_related("user").get(pk=key)
        with claim.guard():
            try:
                _message(notice, connection).send()
            except (OSError, ValueError) as error:  # SMTPException is an OSError
                _note_failure(claim, notice, error)
                if not isinstance(error, _ABOUT_ONE_MESSAGE):
                    break
            else:
                claim.finish(_delivered(), mail_error="")
                sent += 1
    connection.close()
    return sent


def _delivered() -> str:
    return Notice.Mail.SENT if is_mail_sent_out() else Notice.Mail.KEPT


def _message(notice: Notice, connection: Any) -> EmailMessage:
    """Return the e-mail: the title and where to read on; never the text, which may hold what somebody typed."""
    return EmailMessage(
        subject=f"【通知】{notice.title}",
        body=f"{notice.title}。\n\n请登录{PORTAL_NAME}，在“通知”中查看详情并办理。\n\n（本邮件由系统自动发出，请勿回复。）",
        to=[notice.user.email],
        connection=connection,
    )


def _note_failure(claim: Claim[Notice], notice: Notice, error: Exception) -> None:
    """Leave the notice for another attempt, or after the last one write the reason for good.

    The address stays out of reason and log.
    """
    logger.warning("The e-mail of notice %s was not sent: %s", notice.pk, type(error).__name__)
    refused = isinstance(error, _ABOUT_ONE_MESSAGE)
    reason = "收件地址或内容被拒收，请核对邮箱" if refused else "连不上邮件服务器，请联系系统管理员"
    reason = f"{reason}（{type(error).__name__}）"
    if notice.attempts >= MAX_ATTEMPTS:
        claim.fail(reason)
    else:
        claim.finish(Notice.Mail.WAITING, mail_error=reason)
