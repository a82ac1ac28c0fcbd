"""Changing target plans: every change creates a new version; earlier versions stay as they are (ADR 0010).

The change set that is written with a version makes the open months stale, so that the worker judges them again; locked
months keep referring to the version that they were judged by.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.rights import Actor
from periods.models import ReportingPeriod
from targets.models import Target, TargetPlan
from targets.wording import counting_rule_text, version_text

Values = Mapping[str, Any]
_REASON_LENGTH = 200
# Fields that describe the version, not the content of the plan.
_VERSION_FIELDS = frozenset({"id", "version", "is_current", "made_at", "made_by", "reason"})


@transaction.atomic
def change_plan(*, plan: TargetPlan, values: Values, reason: str, by: Actor) -> TargetPlan:
    """Save a new version of `plan` with another title, document or other days, and return it.

    Raises InvalidError without a reason, without a change, for invalid values, and for a first day that leaves a measured
    month without a plan; StaleError if the plan has a newer version.
    """
    changed = _next_version(plan, reason=reason, by=by, plan_values=values)
    _refuse_months_without_plan()
    return changed


@transaction.atomic
def change_target(*, plan: TargetPlan, code: str, values: Values, reason: str, by: Actor) -> TargetPlan:
    """Save a new version of `plan` with other values of the target `code`, and return it.

    Raises as `change_plan` does, and NotFoundError if the plan has no such target.
    """

    def changed(targets: list[Target]) -> list[Target]:
        for target in targets:
            if target.code == code:
                _set(target, values)
                return targets
        raise _no_such_target(plan, code)

    return _next_version(plan, reason=reason, by=by, change=changed)


@transaction.atomic
def add_target(*, plan: TargetPlan, values: Values, reason: str, by: Actor) -> TargetPlan:
    """Save a new version of `plan` with one more target at the end, and return it. Raises as `change_plan` does."""

    def changed(targets: list[Target]) -> list[Target]:
        position = max((target.position for target in targets), default=0) + 1
        return [*targets, Target(position=position, **values)]

    return _next_version(plan, reason=reason, by=by, change=changed)


@transaction.atomic
def drop_target(*, plan: TargetPlan, code: str, reason: str, by: Actor) -> TargetPlan:
    """Save a new version of `plan` without the target `code`, and return it. Raises as `change_target` does."""

    def changed(targets: list[Target]) -> list[Target]:
        remaining = [target for target in targets if target.code != code]
        if len(remaining) == len(targets):
            raise _no_such_target(plan, code)
        return remaining

    return _next_version(plan, reason=reason, by=by, change=changed)


@transaction.atomic
def copy_plan(
    *,
    plan: TargetPlan,
    code: str,
    title: str,
    document: str,
    starts_on: datetime.date,
    ends_on: datetime.date,
    by: Actor,
) -> TargetPlan:
    """Create a plan with copies of the targets of `plan` and return it. Raises InvalidError for a code in use."""
    copied = TargetPlan(code=code, title=title, document=document, starts_on=starts_on, ends_on=ends_on)
    _save_version(copied, _copies_of(plan), made_by=by, reason=f"按“{plan}”{version_text(plan)}复制"[:_REASON_LENGTH])
    change_set = begin_change_set(by=by, summary=f"新建目标方案“{copied}”")
    log_changes(change_set, [change_of(copied, division=by.division.pk, before={}, after=_logged_values(copied))])
    return copied


def _next_version(
    plan: TargetPlan,
    *,
    reason: str,
    by: Actor,
    plan_values: Values | None = None,
    change: Callable[[list[Target]], list[Target]] | None = None,
) -> TargetPlan:
    reason = reason.strip()
    if not reason:
        raise InvalidError("请写明修改原因，以后查阅时要看。", cure="Give a reason for the change.", field="reason")
    _lock_current_version(plan)
    changed = TargetPlan(**{name: getattr(plan, name) for name in _fields_of(TargetPlan) - _VERSION_FIELDS})
    changed.version = plan.version + 1
    for name, value in (plan_values or {}).items():
        setattr(changed, name, value)
    targets = _copies_of(plan)
    before = {target.code: _logged_values(target) for target in targets}
    if change is not None:
        targets = change(targets)
    after = {target.code: _logged_values(target) for target in targets}
    if before == after and _logged_values(plan) == _logged_values(changed):
        raise InvalidError("内容没有变化，不用保存。", cure="Nothing has been changed.")
    TargetPlan.objects.filter(pk=plan.pk).update(is_current=False)
    _save_version(changed, targets, made_by=by, reason=reason)
    _log(plan, changed, targets, before, after, by=by)
    return changed


def _lock_current_version(plan: TargetPlan) -> None:
    """Lock the newest version of the plan until the transaction ends. Raises StaleError if that is not `plan`."""
    current = TargetPlan.objects.select_for_update(of=("self",)).filter(code=plan.code, is_current=True).first()
    if current is None or current.pk != plan.pk:
        raise StaleError(
            f"“{plan}”刚刚被别人改过，您看到的已经不是现行版本；请打开方案，看过现行版本后重新修改。",
            cure=f"The plan {plan.code} has a newer version than {plan.version}. Read it again.",
        )


def _refuse_months_without_plan() -> None:
    """Raise InvalidError if a measured month is left without a plan: the worker, 锁定后变动 and a reopened month need one."""
    first_day = TargetPlan.objects.current()[0].starts_on
    # A month is judged by the plan of its last day, so the month in which the first plan begins has a plan.
    without = ReportingPeriod.objects.filter(
        month__lt=first_day.replace(day=1), computations__finished_at__isnull=False
    ).order_by("month")
    oldest = without.first()
    if oldest is not None:
        raise InvalidError(
            f"开始日期不能改到{first_day:%Y-%m-%d}：{oldest}已经测算过，改后就没有方案可用，请把开始日期提前到{oldest}月底以前。",
            cure=f"{oldest.code} has been measured and would be left without a plan. Choose an earlier first day.",
            field="starts_on",
        )


def _no_such_target(plan: TargetPlan, code: str) -> NotFoundError:
    return NotFoundError(
        f"“{plan}”中没有代码为“{code}”的目标；请打开方案，看现行版本里有哪些目标。",
        cure=f"The plan {plan.code} has no target {code!r}.",
    )


def _copies_of(plan: TargetPlan) -> list[Target]:
    names = _fields_of(Target) - {"id", "plan"}
    return [Target(**{name: getattr(target, name) for name in names}) for target in plan.targets.order_by("position")]


def _fields_of(model: type[models.Model]) -> frozenset[str]:
    return frozenset(field.name for field in model._meta.concrete_fields)


def _set(target: Target, values: Values) -> None:
    for name, value in values.items():
        setattr(target, name, value)


def _save_version(plan: TargetPlan, targets: Sequence[Target], *, made_by: Actor, reason: str) -> None:
    plan.made_at, plan.made_by_id, plan.reason = timezone.now(), made_by.pk, reason
    _check(plan)
    plan.save()
    for target in targets:
        target.plan = plan
        _check(target)
        target.save()


def _check(row: TargetPlan | Target) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise InvalidError(
            f"“{row}”不能保存：{''.join(error.messages)}请改正后再保存。",
            cure=f"The row cannot be saved: {error.message_dict}",
            field=field_at_fault(error),
        ) from error
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(value, str):
            refuse_personal_numbers(value, what=f"“{field.verbose_name}”", field=field.name)


# --- The change log ---


def _log(
    old: TargetPlan,
    new: TargetPlan,
    targets: Sequence[Target],
    before: Mapping[str, Values],
    after: Mapping[str, Values],
    *,
    by: Actor,
) -> None:
    change_set = begin_change_set(by=by, summary=f"修改目标方案“{new}”（{version_text(new)}）：{new.reason}")
    of_plan_before = {**_logged_values(old), "version": old.version, "reason": old.reason}
    of_plan_after = {**_logged_values(new), "version": new.version, "reason": new.reason}
    division = by.division.pk
    changes = [change_of(new, division=division, **differing(of_plan_before, of_plan_after))]
    rows = {target.code: target for target in targets}
    for code in {**before, **after}:
        if code not in before:
            changes.append(change_of(rows[code], division=division, before={}, after=after[code]))
        elif code not in after:
            removed = old.targets.get(code=code)
            changes.append(change_of(removed, division=division, before=before[code], after={}))
        elif before[code] != after[code]:
            changes.append(change_of(rows[code], division=division, **differing(before[code], after[code])))
    log_changes(change_set, changes)


def _logged_values(row: TargetPlan | Target) -> dict[str, Any]:
    """Return the field values that the change log records; the counting rule as text."""
    names = _fields_of(type(row)) - _VERSION_FIELDS - {"plan"}
    values = {name: getattr(row, name) for name in sorted(names)}
    if isinstance(row, Target):
        values["counting_rule"] = counting_rule_text(row.indicator, row.counting_rule)
    return values
