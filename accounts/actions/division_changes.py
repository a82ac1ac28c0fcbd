"""Applying changes of divisions to places, to the users of closed divisions and to what operates there (docs/domain.md §3.4)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import transaction

from accounts.models import Department, SuccessionList, User
from changelog.actions import begin_change_set, change_of, log_changes
from changelog.actions.edit import ONLY_ROW
from changelog.models import ChangeSet
from changzhi_portal.bulk import update_rows
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import field_of
from changzhi_portal.refusals import NotAllowedError, StaleError
from changzhi_portal.succession import Handover, move_to_successors
from communities import actions as communities_actions
from communities.actions import apply_plan
from communities.divisionchanges import ChangePlan, pending_changes, plan_changes
from communities.divisionchanges.facts import digest_of
from communities.divisionchanges.listed import changes_of_tables
from communities.models import Division, DivisionChange


@dataclass(frozen=True, slots=True)
class AppliedChanges:
    """The result of applying the changes of one day: the plan, the number of users moved, and what else moved, in sentences."""

    plan: ChangePlan
    users: int
    moved: Sequence[str]


@transaction.atomic
def apply_division_changes(
    *, by: User, changes: Iterable[DivisionChange] | None = None, seen: str | None = None
) -> list[AppliedChanges]:
    """Apply the pending changes whose day has come (or only those among `changes`), day by day; [] without any.

    A change that is already applied or whose day has not come is skipped. Either all changes are applied or none. Raises
    NotAllowedError for a user without the right, InvalidError for changes that do not fit the current divisions, and
    StaleError where `seen`, the digest (`digest_of`) of what the user was shown of changes of one day, is no longer true.
    """
    _refuse_unless_allowed(by)
    queryset = pending_changes()
    if changes is not None:
        queryset = queryset.filter(pk__in=[change.pk for change in changes])
    # Locked until the transaction ends, so that two users cannot apply the same changes at once.
    pending = list(queryset.select_for_update(of=("self",)))
    return [_apply(list(of_day), by=by, seen=seen) for _, of_day in groupby(pending, key=attrgetter("effective_on"))]


def note_changes(*, changes: Sequence[DivisionChange], by: User) -> list[DivisionChange]:
    """Note changes that a person has entered and return the new ones; see `communities.actions.note_changes`."""
    _refuse_unless_allowed(by)
    for change in changes:
        for name in ("source", "document", "from_name", "to_name"):
            label = str(field_of(DivisionChange, name).verbose_name)
            refuse_personal_numbers(getattr(change, name), what=label, field=name)
    return communities_actions.note_changes(changes, by=by)


def note_listed_changes(
    *, tables: Sequence[Sequence[Sequence[Any]]], effective_on: datetime.date, document: str, source: str, by: User
) -> list[DivisionChange]:
    """Note the rows of a file as changes of communities and return the new ones; `tables` are the cells of its sheets.

    Raises InvalidError for a file without the headers, or, naming the row, for one that does not say enough.
    """
    listed = changes_of_tables(tables, effective_on=effective_on, document=document, source=source)
    return note_changes(changes=listed, by=by)


def withdraw_change(*, change: DivisionChange, by: User) -> int:
    """Remove a noted change that is not applied, of a split all its parts; return how many."""
    _refuse_unless_allowed(by)
    return communities_actions.withdraw_change(change, by=by)


@transaction.atomic
def undo_division_changes(*, change_set: ChangeSet, by: User) -> ChangeSet:
    """Undo the changes that a change set applied, as long as nothing later builds on them; users go back as well."""
    _refuse_unless_allowed(by)
    return communities_actions.undo_changes(change_set, by=by)


@transaction.atomic
def allot_records(
    *, changes: Sequence[DivisionChange], records: Mapping[int, Mapping[str, Sequence[int]]], by: User
) -> None:
    """Say which records of a community that is split go to which part: `records` are keys by model, by the change's key."""
    _refuse_unless_allowed(by)
    communities_actions.allot_records(changes, records, by=by)


def _refuse_unless_allowed(by: User) -> None:
    if not by.role.may_change_divisions:
        raise NotAllowedError(
            f"“{by.role.label}”角色不能应用区划变更，请由市局管理员办理。",
            cure=f"{by.username} is a {by.role}; division changes are applied by a bureau_admin.",
        )


def _apply(changes: list[DivisionChange], *, by: User, seen: str | None) -> AppliedChanges:
    plan = plan_changes(changes)
    if seen is not None and digest_of(plan) != seen:
        raise StaleError(
            "待应用的变更与刚才显示的不同，请重新核对后再确认。", cure="Records were edited since the preview."
        )
    change_set = begin_change_set(by=by, summary=_summary(plan))
    apply_plan(plan, into=change_set)
    handover = Handover(plan=plan, by=by)
    sentences = move_to_successors(handover)
    users = _move_users(plan, handover)
    log_changes(change_set, (change._replace(batch_row=ONLY_ROW) for change in handover.log))
    if sentences:
        SuccessionList.objects.create(change_set=change_set, sentences=sentences)
    return AppliedChanges(plan, users, sentences)


def _summary(plan: ChangePlan) -> str:
    changes = "，".join(
        f"{change.from_name or '（新设）'}→{change.to_name or '（撤销）'}" for change in plan.changes[:20]
    )
    return f"应用{plan.effective_on:%Y-%m-%d}的区划变更：{changes}"


def users_to_move(plan: ChangePlan) -> list[tuple[User, Division]]:
    """Return the users (active or not) whose division closes, each with the successor of the division."""
    successors = {move.old.pk: move.successor for move in plan.closing}
    users = User.objects.filter(division__in=successors).select_related("division__parent").order_by("username")
    return [(user, successors[user.division.pk]) for user in users]


def _move_users(plan: ChangePlan, handover: Handover) -> int:
    """Move the users of closed divisions to the successors, log it, and return their number.

    A department that became one with another of its name takes its users along (`accounts.succession`).
    """
    moves = users_to_move(plan)
    departments = handover.replaced(Department)
    for user, successor in moves:
        before: dict[str, Any] = {"division": user.division.pk}
        after: dict[str, Any] = {"division": successor.pk}
        into = departments.get(user.department_id) if user.department_id is not None else None
        if into is not None:
            before["department"], after["department"] = user.department_id, into.pk
            user.department = into
        handover.log.append(change_of(user, division=successor.pk, before=before, after=after))
        user.division = successor
    update_rows(User, [user for user, _ in moves], ["division", "department"])
    return len(moves)
