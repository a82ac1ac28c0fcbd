"""Applying changes of divisions: to places, and to the people whose division it was (domain.md §3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.db import transaction

from accounts.models import User
from changelog.actions import change_of, log_changes
from changelog.models import ChangeSet
from changzhi_portal.bulk import update_rows
from changzhi_portal.refusals import NotAllowedError
from communities.actions import carry_out
from communities.divisionchanges import ChangePlan, pending_changes, plan_changes
from communities.models import Division, DivisionChange

SUMMARY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class AppliedChanges:
    """What was done on one day of changes: the plan that was carried out, and how many people moved with it."""

    plan: ChangePlan
    users: int


@transaction.atomic
def apply_division_changes(*, by: User, changes: Iterable[DivisionChange] | None = None) -> list[AppliedChanges]:
    """Apply the changes that are known and whose day has come (or only `changes`), day by day; [] when there are none.

    A change is applied once: one that already is, or whose day has not come, is left out. Everything or nothing.
    Raises PortalError for a user who may not, and for changes that do not fit the divisions as they stand.
    """
    _refuse_unless_allowed(by)
    wanted = pending_changes()
    if changes is not None:
        wanted = wanted.filter(pk__in=[change.pk for change in changes])
    # Held to the end, so that two people who press the button at once do not both apply them.
    pending = list(wanted.select_for_update(of=("self",)))
    return [_apply(list(of_day), by=by) for _, of_day in groupby(pending, key=attrgetter("effective_on"))]


def _refuse_unless_allowed(by: User) -> None:
    if not by.role.may_change_divisions:
        raise NotAllowedError(
            f"“{by.role.label}”角色不能应用区划变更，请由市局管理员办理。",
            cure=f"{by.username} is a {by.role}; division changes are applied by a bureau_admin.",
        )


def _apply(changes: list[DivisionChange], *, by: User) -> AppliedChanges:
    plan = plan_changes(changes)
    change_set = ChangeSet.objects.create(made_by=by, division=by.division, summary=_summary(plan))
    carry_out(plan, into=change_set)
    return AppliedChanges(plan, _move_users(plan, change_set))


def _summary(plan: ChangePlan) -> str:
    changes = "，".join(f"{change.from_name}→{change.to_name}" for change in plan.changes)
    return f"应用{plan.effective_on:%Y-%m-%d}的区划变更：{changes}"[:SUMMARY_LENGTH]


def users_to_move(plan: ChangePlan) -> list[tuple[User, Division]]:
    """The people whose division closes, also those who may not sign in any more, with where each of them goes."""
    successors = {move.old.pk: move.successor for move in plan.closing}
    users = User.objects.filter(division__in=successors).select_related("division__parent").order_by("username")
    return [(user, successors[user.division_id]) for user in users]


def _move_users(plan: ChangePlan, change_set: ChangeSet) -> int:
    """People keep working: each sees from now on what the successor sees, its past included."""
    moving = users_to_move(plan)
    log = []
    for user, successor in moving:
        before = {"division": user.division_id}
        log.append(change_of(user, division=successor.pk, before=before, after={"division": successor.pk}))
        user.division = successor
    update_rows(User, [user for user, _ in moving], ["division"])
    log_changes(change_set, log)
    return len(moving)
