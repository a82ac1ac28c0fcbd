"""Keeping departments: founding, renaming, closing and reopening them (docs/domain.md §1.7)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Department, Role, User
from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.names import tidy
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.rights import Actor
from changzhi_portal.violations import violation_in_words
from communities.models import Division
from communities.models.division import DivisionQuerySet


def divisions_with_departments_of(user: Actor) -> DivisionQuerySet:
    """Return the divisions where a user keeps departments: today's of the own subtree, by code."""
    return Division.objects.current().visible_to(user).select_related("parent").order_by("code")


def open_department(
    *, by: Actor, division: Division, name: str, opened_on: datetime.date | None = None, note: str = ""
) -> Department:
    """Create a department of a division.

    Raises NotAllowedError for a role that keeps none, and InvalidError for a division outside the own area or closed, or
    a name that is taken or will not do.
    """
    _refuse_unless_keeper(by)
    if not divisions_with_departments_of(by).filter(pk=division.pk).exists():
        raise InvalidError(
            "这个单位不在您管理的范围内，或者已经撤销，请重新选择。",
            cure="The division is closed or outside the area of the acting user.",
            field="division",
        )
    return found_department(by=by, division=division, name=name, opened_on=opened_on, note=note)


@transaction.atomic
def found_department(
    *, by: Actor, division: Division, name: str, opened_on: datetime.date | None = None, note: str = ""
) -> Department:
    """Create a department and log it, whoever asks: for `open_department`, and for the demo. Raises InvalidError."""
    department = Department(division=division, name=tidy(name), opened_on=opened_on, note=note.strip())
    _save(department, by=by, before={}, summary="新增部门")
    return department


@transaction.atomic
def edit_department(
    *, by: Actor, ref: str, version: int, name: str, opened_on: datetime.date | None, note: str
) -> Department:
    """Change name, first day and note of a department; its division never changes by hand.

    Raises NotAllowedError, NotFoundError, StaleError, and InvalidError for a name that is taken or will not do.
    """
    department = _held(ref, by=by, version=version)
    before = _state(department)
    department.name, department.opened_on = tidy(name), opened_on
    department.note = note.strip()
    _save(department, by=by, before=before, summary="修改部门")
    return department


@transaction.atomic
def close_department(*, by: Actor, ref: str, version: int, closed_on: datetime.date) -> Department:
    """Close a department with a day. Raises as `edit_department`.

    InvalidError also for a day to come or before the first one; StaleError for a department in which somebody who may
    sign in still works, and for one that is closed.
    """
    department = _held(ref, by=by, version=version)
    if department.closed_on is not None:
        raise StaleError(
            f"“{department}”已于{department.closed_on}撤销，不用再撤销。", cure="The department is closed."
        )
    if closed_on > timezone.localdate():
        raise InvalidError("撤销日期不能晚于今天，请到那一天再办。", cure="The day has not come.", field="closed_on")
    # An application for the same department waits for the lock of `_held`, see `accounts.actions.users`.
    if number := User.objects.active().filter(department=department).count():
        raise StaleError(
            f"“{department}”还有{number}个在用的账号，请先停用这些账号，或者把他们改到别的部门。",
            cure="Deactivate the users of the department, or give them another one.",
        )
    before = _state(department)
    department.closed_on = closed_on
    _save(department, by=by, before=before, summary="撤销部门")
    return department


@transaction.atomic
def reopen_department(*, by: Actor, ref: str, version: int) -> Department:
    """Take the closing of a department back. Raises as `edit_department`; StaleError for one that is not closed."""
    department = _held(ref, by=by, version=version)
    if department.closed_on is None:
        raise StaleError(f"“{department}”没有撤销，不用恢复。", cure="The department is not closed.")
    if department.division.valid_to is not None:
        raise InvalidError(
            f"{department.division.name}已撤销，它的部门不能恢复，请在现在的区划下新增部门。",
            cure="The division of the department is closed. Open one at its successor.",
        )
    before = _state(department)
    department.closed_on = None
    _save(department, by=by, before=before, summary="恢复部门")
    return department


def department_for(role: Role, division: Division, department: Department | None) -> Department | None:
    """Return the department of a user of this role and division, locked until the transaction ends; None for other roles.

    Raises InvalidError for a department's clerk without one, and for a department of another division or a closed one.
    """
    if role is not Role.DEPARTMENT_CLERK:
        if department is not None:
            raise InvalidError(
                f"“{role.label}”没有部门，请把“所在部门”留空。",
                cure=f"Only a {Role.DEPARTMENT_CLERK.value} has a department.",
                field="department",
            )
        return None
    if department is None:
        raise InvalidError(
            "部门经办员应选择所在部门；列表里没有的，请先在“部门”里新增。",
            cure="A department_clerk needs a department.",
            field="department",
        )
    found = Department.objects.select_for_update(of=("self",)).filter(pk=department.pk, division=division).first()
    if found is None or found.closed_on is not None:
        raise InvalidError(
            f"{division.name}现在没有“{department}”这个部门，请重新选择。",
            cure="The department belongs to another division or is closed.",
            field="department",
        )
    return found


def _held(ref: str, *, by: Actor, version: int) -> Department:
    """Return a department that `by` keeps, locked until the transaction ends."""
    _refuse_unless_keeper(by)
    key = Department.objects.visible_to(by).filter(ref=ref).values_list("pk", flat=True).first()
    found = Department.objects.select_for_update(of=("self",)).select_related("division").filter(pk=key).first()
    if found is None:
        raise NotFoundError("没有找到这个部门，请回到部门列表看看。", cure=f"There is no department {ref}.")
    if found.version != version:
        raise StaleError(
            f"您打开页面以后，“{found}”有改动，没有保存；请重新打开这一页再办。",
            cure=f"The department is at version {found.version}, not {version}. Read it again.",
        )
    return found


def _refuse_unless_keeper(by: Actor) -> None:
    if not by.role.may_keep_departments:
        raise NotAllowedError(
            f"“{by.role.label}”角色不管理部门，请联系市局管理员或本县的县区填报员。",
            cure=f"The role of {by.username} does not keep departments.",
        )


def _save(department: Department, *, by: Actor, before: Mapping[str, Any], summary: str) -> None:
    """Check and save a department as a new version and log it; nothing where nothing has changed."""
    if not department.name:
        raise InvalidError("请填写部门的名称。", cure="A department needs a name.", field="name")
    refuse_personal_numbers(department.name, what="名称", field="name")
    refuse_personal_numbers(department.note, what="备注", field="note")
    try:
        department.full_clean(exclude=["division"])
    except ValidationError as error:
        raise InvalidError(
            "".join(error.messages), cure="The department cannot be saved.", field=field_at_fault(error)
        ) from error
    after = _state(department)
    changed = differing(dict(before), after)
    if not before:
        changed = {"before": {}, "after": {name: value for name, value in after.items() if value not in (None, "")}}
    if not changed["after"]:
        return
    try:
        with transaction.atomic():
            department.version += 1 if before else 0
            department.save()
    except IntegrityError as error:
        raise InvalidError(
            violation_in_words(error, (Department,)), cure="A constraint refuses the department.", field="name"
        ) from error
    division = department.division
    change_set = begin_change_set(
        by=by, summary=f"{summary}：{division.name}{department}", division=division, affects_figures=False
    )
    log_changes(change_set, [change_of(department, division=division.pk, **changed)])


def _state(department: Department) -> dict[str, Any]:
    return {
        "division": department.division_id,
        "name": department.name,
        "opened_on": department.opened_on,
        "closed_on": department.closed_on,
        "note": department.note,
    }
