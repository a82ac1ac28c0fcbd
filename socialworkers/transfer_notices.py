"""Notices to an office whose workers have a new posting elsewhere, or when that was undone (docs/domain.md §4.9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.utils import timezone

from accounts.models import User
from changelog.models import ChangeSet
from notices.actions import Message, notify
from notices.models import Notice

MOST_NAMES = 20


def notify_former_offices(change_set: ChangeSet, left: Mapping[int, Sequence[str]], title: str) -> None:
    """Notify the clerks of the divisions outside the change set's own area from which it has transferred workers.

    `left` gives names by the key of the former division; `title` is that of the register. The notice does not name the
    new division, which is another office's. Must run inside the transaction of the change set.
    """
    own = change_set.division
    divisions = type(own)._default_manager.filter(pk__in=left).exclude(path__startswith=own.path)
    names: defaultdict[str, list[str]] = defaultdict(list)
    for division in divisions:
        names[division.path] += left[division.pk]
    if names:
        messages = (_message(user, change_set, names, title) for user in _clerks())
        notify(message for message in messages if message is not None)


def notify_former_offices_of_undo(change_set: ChangeSet, title: str) -> None:
    """Notify the recipients of a change set's transfer notices that it was undone, in the same transaction."""
    told = Notice.objects.filter(about=change_set.ref, user__is_active=True).select_related("user")
    notify(
        Message(
            user=notice.user,
            title=f"其他单位撤销了{title}的到岗登记",
            text=f"{timezone.localtime(notice.made_at):%Y-%m-%d}通知过的{title}，其他单位的到岗登记已撤销，"
            "在本单位的任职恢复原状；撤销以前又改过的除外，请在登记表中核对。",
        )
        for notice in {notice.user_id: notice for notice in told.order_by("user", "-pk")}.values()
    )


def _clerks() -> list[User]:
    """Return the clerks of counties and towns; the bureau sees transfers in the change log."""
    users = User.objects.active().exclude(division__level="city").select_related("division")
    return [user for user in users if user.role.may_upload]


def _message(user: User, change_set: ChangeSet, names: Mapping[str, Sequence[str]], title: str) -> Message | None:
    mine = [name for path, gone in names.items() if path.startswith(user.division.path) for name in gone]
    if not mine:
        return None
    shown = "、".join(mine[:MOST_NAMES]) + ("等" if len(mine) > MOST_NAMES else "")
    return Message(
        user=user,
        title=f"有{len(mine)}名{title}已在其他单位到岗",
        text=f"{shown}已由其他单位办理到岗，在本单位的任职已同时结束；如有疑问请联系市局。",
        about=change_set.ref,
    )
