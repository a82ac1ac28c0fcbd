"""Notifying an office that one of its people has begun elsewhere, or that this was undone (docs/domain.md §4.9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from accounts.models import User
from changzhi_portal.registers.register import RegisterSheet
from notices.actions import Message, notify
from notices.models import Notice
from uploads.models import UploadBatch

MOST_NAMES = 20
TRANSFER = "transfer"  # the kind of the notices about a commit's transfers


def notify_former_offices(batch: UploadBatch, sheet: RegisterSheet, left: Mapping[int, Sequence[str]]) -> None:
    """Notify the clerks of the divisions outside the batch's own area whose people a commit has taken over.

    `left` gives names by the key of the division they have left. Where they have gone is not said: that is another
    office's business. Must run inside the transaction of the commit.
    """
    divisions = type(batch.division)._default_manager.filter(pk__in=left).exclude(path__startswith=batch.division.path)
    names: defaultdict[str, list[str]] = defaultdict(list)
    for division in divisions:
        names[division.path] += left[division.pk]
    if names:
        notify(message for user in _clerks() if (message := _message(user, batch, sheet, names)) is not None)


def notify_former_offices_of_undo(batch: UploadBatch, sheet: RegisterSheet) -> None:
    """Notify those who were told of a commit's transfers that it has been undone. Must run in the transaction that undoes it."""
    sent = Notice.objects.about(batch.ref).filter(kind=TRANSFER, user__is_active=True)
    told = sent.select_related("user").order_by("user", "-pk")
    notify(
        Message(
            user=notice.user,
            title=f"其他单位撤销了{sheet.title}的到岗登记",
            text=f"{timezone.localtime(notice.made_at):%Y-%m-%d}通知过的{sheet.title}，其他单位的到岗登记已撤销，"
            "在本单位的任职恢复原状；撤销以前又改过的除外，请在登记表中核对。",
        )
        for notice in {notice.user_id: notice for notice in told}.values()
    )


def _clerks() -> Any:
    """Return those who fill in for a county or town; the bureau sees transfers in the change log."""
    users = User.objects.active().exclude(division__level="city").select_related("division")
    return [user for user in users if user.role.may_upload]


def _message(
    user: User, batch: UploadBatch, sheet: RegisterSheet, names: Mapping[str, Sequence[str]]
) -> Message | None:
    mine = [name for path, gone in names.items() if path.startswith(user.division.path) for name in gone]
    if not mine:
        return None
    shown = "、".join(mine[:MOST_NAMES]) + ("等" if len(mine) > MOST_NAMES else "")
    return Message(
        user=user,
        title=f"有{len(mine)}名{sheet.title}已在其他单位到岗",
        text=f"{shown}已由其他单位办理到岗，在本单位的任职已同时结束；如有疑问请联系市局。",
        about=batch.ref,
        kind=TRANSFER,
    )
