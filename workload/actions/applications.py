"""Writing an application for what is to be asked of communities: a draft of a department, which it then submits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.names import tidy
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.registers.cleaning import items_of
from changzhi_portal.violations import violation_in_words
from workload.actions.numbers import draw_number
from workload.flow import MAY_PROPOSE
from workload.models import LONGEST_ASKED, WorkItem
from workload.rules import fields_asked, refuse_what_is_wrong

State = WorkItem.State
_TEXTS = ("name", "basis", "conditions", "opinions", "office", "asked", "note")
# What an application says; what its kind does not ask is emptied.
FIELDS = tuple(dict.fromkeys(name for kind in WorkItem.Kind for name in fields_asked(kind)))


def open_application(ref: str, by: User) -> WorkItem:
    """Return the application of the user's own department that may still be changed. Raises NotFoundError, StaleError."""
    found: WorkItem | None = (
        WorkItem.objects.visible_to(by)
        .filter(department=by.department_id)
        .select_related("division")
        .filter(ref=ref)
        .first()
    )
    if found is None:
        raise NotFoundError("没有找到本部门的这份申请。", cure=f"There is no application {ref} of the department.")
    if not found.is_open:
        raise StaleError(
            f"这份申请现在是“{found.get_state_display()}”，不能修改。", cure=f"{found.number} is {found.state}."
        )
    return found


def new_application(*, by: User, values: Mapping[str, Any]) -> WorkItem:
    """Save a draft of the user's department with the next number of its county, and return it.

    Raises NotAllowedError for a role that applies for nothing, InvalidError for what the rules or constraints refuse.
    """
    department = _department_of(by)
    try:
        with transaction.atomic():
            number = draw_number(department.division, timezone.localdate())
            item = WorkItem(number=number, division=department.division, department=department, state=State.DRAFT)
            _set(item, values)
            item.save()
            _log(by, item, {}, _state(item), "新增准入申请")
    except IntegrityError as error:  # a sheet has just given the number to another item
        raise InvalidError(violation_in_words(error, (WorkItem,)), field="name") from error
    return item


def change_application(*, by: User, ref: str, version: int, values: Mapping[str, Any]) -> WorkItem:
    """Change a draft or returned application of the user's department, as the page showed it in this version.

    Raises NotAllowedError, NotFoundError, StaleError, InvalidError.
    """
    _department_of(by)
    with transaction.atomic():
        key = open_application(ref, by).pk
        item = WorkItem.objects.select_for_update(of=("self",)).select_related("division", "department").get(pk=key)
        if item.version != version or not item.is_open:
            raise StaleError(
                "您打开页面以后，这份申请又有改动，没有保存；请重新打开这一页再改。",
                cure=f"{item.number} has version {item.version}, not {version}.",
            )
        before = _state(item)
        _set(item, values)
        item.version += 1
        item.save()
        _log(by, item, before, _state(item), "修改准入申请")
    return item


def _department_of(by: User) -> Any:
    """Return the department that a user applies for. Raises NotAllowedError for a role that applies for nothing."""
    department = by.department
    if not getattr(by.role, MAY_PROPOSE) or department is None:
        raise NotAllowedError("只有部门经办员可以申请准入。", cure=f"{by.username} works in no department.")
    return department


def _set(item: WorkItem, values: Mapping[str, Any]) -> None:
    """Set what an application says; what its kind does not ask is emptied. Raises InvalidError."""
    asked = fields_asked(str(values.get("kind", item.kind)))
    for name in FIELDS:
        field = WorkItem._meta.get_field(name)
        if name not in asked:
            setattr(item, name, None if field.null else field.get_default())  # type: ignore[union-attr]  # its own field
        elif name in values:
            value = values[name]
            setattr(item, name, tidy(value) if name in _TEXTS and name != "asked" else value)
    for name in _TEXTS:
        label = str(WorkItem._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # its own field
        refuse_personal_numbers(getattr(item, name), what=f"“{label}”", field=name)
    item.asked = "、".join(dict.fromkeys(filter(None, items_of(item.asked))))
    if len(item.asked) > LONGEST_ASKED:
        raise InvalidError(f"采集项目最多{LONGEST_ASKED}个字，请只列需要的。", cure="Too many columns.", field="asked")
    refuse_what_is_wrong(item, timezone.localdate())
    item.prepare_keys()
    try:
        item.full_clean(exclude=["division", "department"])
    except ValidationError as error:
        raise InvalidError(
            "".join(error.messages), cure="The application cannot be saved.", field=field_at_fault(error)
        ) from error


def _state(item: WorkItem) -> dict[str, Any]:
    said = {name: getattr(item, name) for name in FIELDS}
    return {"number": item.number, "division": item.division_id, "department": item.department_id, **said}


def _log(by: User, item: WorkItem, before: dict[str, Any], after: dict[str, Any], summary: str) -> None:
    if before:
        changed = differing(before, after)
        if not changed["after"]:
            return
        before, after = changed["before"], changed["after"]
    division = item.division
    change_set = begin_change_set(
        by=by, summary=f"{summary}：{item.number}{item.name}", division=division, affects_figures=False
    )
    log_changes(change_set, [change_of(item, division=division.pk, before=before, after=after)])
