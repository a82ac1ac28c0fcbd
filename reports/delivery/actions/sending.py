"""Sending the mail of one delivery: at least tried, at most once (ADR 0036)."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone

from accounts.models import User
from changzhi_portal.jobs import Claim, ClaimLostError
from changzhi_portal.refusals import PortalError
from notices.actions import is_mail_sent_out
from reports.delivery.mail import mail_of
from reports.delivery.smtp import NotSentError, UnknownError, hand_over, open_server
from reports.jobs import HAND_OVER, MAIL, MAIL_DELAYS, UNCONFIRMED
from reports.models import Briefing, BriefingDelivery

logger = logging.getLogger(__name__)
State = BriefingDelivery.State


def send_delivery(delivery_id: int) -> None:
    """Send the mail of a delivery that waits, as the worker does; do nothing when another worker has it. Safe to run twice.

    What goes wrong is written to the row with a Chinese sentence. Only a database error is raised: beat puts the row back.
    """
    claim = MAIL.claim(delivery_id, among=BriefingDelivery.objects.ready())
    if claim is None:
        return
    try:
        with claim.guard():
            _send(claim)
    except PortalError as error:
        logger.warning("Delivery %s was not sent: %s", delivery_id, error.cure)


def _send(claim: Claim[BriefingDelivery]) -> None:
    rows = BriefingDelivery.objects.select_related("user", "briefing__period", "briefing__division")
    delivery = rows.prefetch_related("briefing__files").get(pk=claim.key)
    if not may_receive(delivery):
        claim.finish(
            State.CANCELLED, message="这个人现在看不到这期简报，或者这一版已撤回、已更正，没有发送。", claim_token=""
        )
        return
    if not delivery.user.email:
        claim.finish(State.NONE, message="")
        return
    mail = mail_of(delivery)
    try:
        with open_server() as server:
            _hand_over(claim, delivery, server, mail)
    except NotSentError as refused:  # nobody answers
        _try_again_or_fail(claim, delivery, refused)


def may_receive(delivery: BriefingDelivery) -> bool:
    """Return whether an edition may still be sent: in force and the newest, to somebody who may see it today."""
    briefing = delivery.briefing
    if (
        briefing.stage != Briefing.Stage.ISSUED
        or Briefing.objects.editions_of(briefing).published().first() != briefing
    ):
        return False
    return User.objects.who_may("may_see_figures", briefing.division).filter(pk=delivery.user_id).exists()


def _hand_over(claim: Claim[BriefingDelivery], delivery: BriefingDelivery, server: Any, mail: EmailMessage) -> None:
    """Hand the mail to a server that answers, and write what has become of it."""
    handed = Claim(HAND_OVER, claim.key, claim.token)
    marked: list[datetime.datetime] = []

    def mark() -> None:
        """Write that the mail is being handed over. Raises ClaimLostError if it was cancelled or given to another worker."""
        now = timezone.now()
        with _written_through():
            claim.finish(State.HANDING, handed_at=now, heartbeat_at=now)
        marked.append(now)

    with handed.guard():
        try:
            hand_over(server, mail, mark=mark)
        except NotSentError as refused:
            _try_again_or_fail(handed if marked else claim, delivery, refused)
        except UnknownError as unknown:
            logger.warning("It is not known whether delivery %s was sent: %s", delivery.pk, unknown)
            handed.fail(UNCONFIRMED)
        else:
            _confirm(handed, marked[0])


def _confirm(handed: Claim[BriefingDelivery], marked_at: datetime.datetime) -> None:
    """Write that the server has taken the mail, also if it answered so late that the mail was unconfirmed already."""
    now = timezone.now()
    values = {"sent_at": now, "heartbeat_at": now, "message": "", "claim_token": ""}
    state = State.SENT if is_mail_sent_out() else State.KEPT
    try:
        handed.finish(state, **values)
    except ClaimLostError:
        late = BriefingDelivery.objects.filter(pk=handed.key, state=State.UNCONFIRMED, handed_at=marked_at)
        if not late.update(state=state, **values):
            raise


def _try_again_or_fail(claim: Claim[BriefingDelivery], delivery: BriefingDelivery, refused: NotSentError) -> None:
    """Write when a mail that the server has not got is tried again, or after the last time that it has failed.

    The user's address must not appear in the sentence or the log.
    """
    logger.warning("Delivery %s was not sent at attempt %s: %s", delivery.pk, delivery.attempts, refused.sentence)
    values = {"message": refused.sentence, "handed_at": None, "claim_token": ""}
    if refused.is_final or delivery.attempts > len(MAIL_DELAYS):
        claim.finish(State.FAILED, heartbeat_at=timezone.now(), **values)
        return
    next_at = timezone.now() + MAIL_DELAYS[delivery.attempts - 1]
    # So that beat sends no messages before the time has come.
    claim.finish(State.WAITING, next_at=next_at, heartbeat_at=next_at - MAIL.remind_after, **values)


@contextmanager
def _written_through() -> Iterator[None]:
    """Have SQLite write a commit to the disk before it returns: the portal's usual way loses the last ones in a power cut."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            cursor.execute("PRAGMA synchronous=NORMAL")
