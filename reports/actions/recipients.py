"""Choosing the users to whom the issues of a division are sent."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from changelog.actions import LoggedChange, begin_change_set, change_of, log_changes
from changzhi_portal.refusals import InvalidError, StaleError
from changzhi_portal.rights import Actor
from communities.models import Division
from reports.actions.settings import check_may_set
from reports.models import BriefingRecipient


def seen_recipients(division: Division) -> str:
    """Return what tells one list of recipients from another: the users' keys in order."""
    keys = BriefingRecipient.objects.filter(division=division).order_by("user_id").values_list("user_id", flat=True)
    return ",".join(str(key) for key in keys)


def save_recipients(*, division: Division, by: Actor, seen: str, users: Iterable[User]) -> tuple[int, int]:
    """Make these users the recipients of a division's issues, log who was added and removed; return how many of each.

    Issues that are out already are not sent to those who are new. `seen` is `seen_recipients` of when the page was opened.
    Raises NotAllowedError without the right or for another area, StaleError if the list has changed since, InvalidError for
    a user who may not see the division's figures.
    """
    check_may_set(division, by)
    wanted = {user.pk: user for user in users}
    allowed = set(User.objects.who_may("may_see_figures", division).filter(pk__in=wanted).values_list("pk", flat=True))
    strangers = [str(user) for key, user in wanted.items() if key not in allowed]
    if strangers:
        raise InvalidError(
            f"{'、'.join(strangers)}看不到{division.name}的数据，不能作收件人，请取消勾选。",
            cure=f"Not every user sees the figures of {division.code}.",
            field="users",
        )
    with transaction.atomic():
        Division.objects.select_for_update(of=("self",), no_key=True).get(pk=division.pk)
        if seen != seen_recipients(division):
            raise StaleError(
                "您打开页面以后，别人改了收件人，请看过现在的名单再保存。", cure="The recipients were saved meanwhile."
            )
        rows = BriefingRecipient.objects.filter(division=division).select_related("user", "division")
        removed = [row for row in rows if row.user_id not in wanted]
        here = {row.user_id for row in rows}
        added = [
            BriefingRecipient.objects.create(division=division, user=user)
            for key, user in sorted(wanted.items())
            if key not in here
        ]
        if removed or added:
            change_set = begin_change_set(
                by=by, division=division, summary=f"修改{division.name}简报收件人", affects_figures=False
            )
            log_changes(change_set, [_change(row, is_new=False) for row in removed] + [_change(row, is_new=True) for row in added])
        rows.filter(pk__in=[row.pk for row in removed]).delete()
    return len(added), len(removed)


def _change(row: BriefingRecipient, *, is_new: bool) -> LoggedChange:
    values = {"user": row.user.username}
    return change_of(row, division=row.division_id, before={} if is_new else values, after=values if is_new else {})
