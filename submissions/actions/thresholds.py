"""Changing the thresholds of the checks from a month on (docs/domain.md §6.5). Logged; versions are only added."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from django.db import IntegrityError, transaction

from changelog.actions import begin_change_set, change_of, log_changes
from changzhi_portal.display import display_value
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import field_of
from changzhi_portal.refusals import InvalidError, LockedError, NotAllowedError, StaleError
from changzhi_portal.rights import Actor
from changzhi_portal.thresholds import Thresholds, changes_in_words, declared_thresholds
from periods.models import CheckThresholds, ReportingPeriod

REASON_LENGTH = field_of(CheckThresholds, "reason").max_length or 0


def set_thresholds(
    *, values: Mapping[str, int], valid_from: datetime.date, reason: str, by: Actor, seen: int | None = None
) -> CheckThresholds:
    """Set thresholds, by code, from a month on (its first day), and return the new version.

    Thresholds that are not named stay as they are. `seen` is the number of the newest version that the page showed, 0
    for none. A month that is locked keeps what it was locked with. Raises NotAllowedError for a role without the right,
    InvalidError for a value out of its bounds, a missing or too long reason, and values that are in force already,
    LockedError for a locked month, StaleError if there is a newer version than `seen` or one for later months.
    """
    if not by.role.may_review:
        raise NotAllowedError(
            "检查标准由市局修改，请联系市局业务员。", cure=f"The role of {by.username} may not change thresholds."
        )
    _refuse_out_of_bounds(values)
    words = _cleaned_reason(reason)
    with transaction.atomic():
        newest = CheckThresholds.objects.newest()
        number = newest.number if newest else 0
        if seen is not None and number != seen:
            raise _changed_meanwhile(newest)
        _refuse_month(valid_from, newest)
        before = Thresholds(newest.values if newest else {})
        after = Thresholds({each.code: values.get(each.code, before[each]) for each in declared_thresholds()})
        changes = changes_in_words(before, after)
        if not changes:
            raise InvalidError("标准没有改动，不用保存。", cure="The values are in force already.")
        try:
            with transaction.atomic():
                version = CheckThresholds.objects.create(
                    number=number + 1,
                    valid_from=valid_from,
                    values=dict(after.values),
                    changes=changes,
                    reason=words,
                    made_by_id=by.pk,
                )
        except IntegrityError as error:
            raise _changed_meanwhile(CheckThresholds.objects.newest()) from error
        _log(version, by)
    return version


def _refuse_out_of_bounds(values: Mapping[str, int]) -> None:
    for each in declared_thresholds():
        value = values.get(each.code)
        if value is not None and not each.least <= value <= each.most:
            raise InvalidError(
                f"“{each.title}”应在{each.in_words(each.least)}到{each.in_words(each.most)}之间。",
                cure=f"{each.code} must lie between {each.least} and {each.most}.",
                field=each.code,
            )


def _cleaned_reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not words:
        raise InvalidError("请写明修改的原因。", cure="Give a reason.", field="reason")
    if len(words) > REASON_LENGTH:
        raise InvalidError(
            f"原因请控制在{REASON_LENGTH}个字以内。",
            cure=f"The reason exceeds {REASON_LENGTH} characters.",
            field="reason",
        )
    refuse_personal_numbers(words, what="原因", field="reason")
    return words


def _changed_meanwhile(newest: CheckThresholds | None) -> StaleError:
    told = f"{newest.made_by}{display_value(newest.made_at)}已经改了标准：{newest.changes}。" if newest else ""
    return StaleError(f"{told}请看过现在的标准再改。", cure="The thresholds have been changed since they were read.")


def _refuse_month(month: datetime.date, newest: CheckThresholds | None) -> None:
    """Raise for a locked month, and for one before that of the newest version: later months would have two answers."""
    if ReportingPeriod.objects.locked().filter(month=month).exists():
        raise LockedError(
            f"{month.year}年{month.month}月已锁定，标准不能从这个月改起，请选择还没有锁定的月份。",
            cure=f"{month:%Y-%m} is locked.",
            field="valid_from",
        )
    if newest is not None and month < newest.valid_from:
        first = newest.valid_from
        raise InvalidError(
            f"已经有{first.year}年{first.month}月起的标准，只能从那个月或者以后改起。",
            cure=f"There is a version from {first:%Y-%m} on.",
            field="valid_from",
        )


def _log(version: CheckThresholds, by: Actor) -> None:
    """Log the version as one change set, which makes no measure stale."""
    summary = f"修改检查标准（{version.valid_from.year}年{version.valid_from.month}月起）：{version.reason}"
    change_set = begin_change_set(by=by, summary=summary, affects_figures=False)
    after = {"valid_from": version.valid_from, "changes": version.changes, "reason": version.reason}
    log_changes(change_set, [change_of(version, division=by.division.pk, before={}, after=after)])
