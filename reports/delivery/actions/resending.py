"""Having a mail sent again: after a failure, or when it is not known whether the first one arrived."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from changelog.actions import begin_change_set, change_of, log_changes
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.rights import Actor
from reports.delivery.actions.sending import may_receive
from reports.jobs import MAIL
from reports.models import Briefing, BriefingDelivery


def send_again(*, briefing: Briefing, ref: str, by: Actor, seen: int) -> BriefingDelivery:
    """Queue the mail of a delivery anew, under its Message-ID, and log that; return the delivery.

    `seen` is the version that the page showed, so that two presses send one mail. Raises NotAllowedError without the right
    or for another area, NotFoundError, InvalidError for a user without an address, StaleError for a mail that was sent or
    is being sent, and for an edition that is not in force.
    """
    if not by.role.may_print_briefing:
        raise NotAllowedError(
            "重新发送由市局业务员办理，请联系市局。", cure=f"The role of {by.username} may not send briefings."
        )
    with transaction.atomic():
        rows = BriefingDelivery.objects.visible_to(by).filter(briefing=briefing, ref=ref)
        delivery = (
            rows.select_related("user", "briefing__division", "briefing__period")
            .select_for_update(of=("self",))
            .first()
        )
        if delivery is None:
            raise NotFoundError("没有找到这条送达记录，请刷新后再看。", cure=f"There is no delivery {ref}.")
        _check(delivery, seen)
        before = delivery.state
        values = {**MAIL.queued(), "next_at": timezone.now(), "handed_at": None, "sent_at": None}
        rows.update(**values, version=delivery.version + 1)
        delivery.refresh_from_db()
        change_set = begin_change_set(
            by=by,
            division=delivery.briefing.division,
            summary=f"重新发送{delivery.briefing}给{delivery.user}",
            affects_figures=False,
        )
        log_changes(
            change_set,
            [
                change_of(
                    delivery,
                    division=delivery.briefing.division_id,
                    before={"state": before},
                    after={"state": delivery.state},
                )
            ],
        )
        MAIL.announce(delivery.pk)
    return delivery


def _check(delivery: BriefingDelivery, seen: int) -> None:
    if delivery.briefing.stage != Briefing.Stage.ISSUED:
        raise StaleError("这一版已经撤回，不能再发送。", cure=f"{delivery.briefing.ref} was withdrawn.")
    if not may_receive(delivery):
        raise StaleError(
            "这一版已有更正版，或者这个人现在看不到这期简报，不能再发送。",
            cure=f"{delivery.user} may not receive {delivery.briefing.ref} any more.",
        )
    if delivery.version != seen or not delivery.may_be_sent_again:
        raise StaleError(
            f"这封邮件现在是“{delivery.state_in_words}”，请刷新后再看要不要重新发送。",
            cure=f"The delivery is {delivery.state}, version {delivery.version}.",
        )
    if not delivery.user.email:
        raise InvalidError(
            "这个人没有登记邮箱，请先在“用户”里填写，再重新发送。", cure="The user has no address; add one first."
        )
