"""Comparing a locked month with a new computation and storing the differences (锁定后变动; docs/domain.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from changzhi_portal.bulk import insert_rows
from changzhi_portal.jobs import Claim
from changzhi_portal.refusals import StaleError
from communities.models import Division
from periods.models import ReportingPeriod
from revisions.causes import causes_of
from revisions.differences import Differences, ResultDifference, UnitDifference, differences_of
from revisions.jobs import COMPARE, COMPARE_EVERY, locked_periods_to_compare
from revisions.models import LockedChange, LockedComparison, LockedResultChange
from revisions.recompute import recomputed_copy
from targets.actions.measuring import in_one_snapshot, lock_period_row
from targets.models import Computation, Target, unconsumed_changes

State = LockedComparison.State
_Cause = LockedChange.causes.through


def compare_locked(period: ReportingPeriod) -> LockedComparison:
    """Compute what would change in a locked month if it were computed again, and why; replace the stored comparison.

    The frozen figures are not changed: the new computation is rolled back in the same transaction. Raises StaleError for
    a month that is not locked; the stored comparison then stays, as after any failure.
    """
    return in_one_snapshot(lambda: _compare(lock_period_row(period)))


def _compare(period: ReportingPeriod) -> LockedComparison:
    if not period.is_locked:
        raise StaleError(
            f"{period}没有锁定，没有“锁定后变动”；它的数据会随登记表重新测算。",
            cure=f"The period {period.code} is not locked: its figures follow the registers anyway.",
        )
    comparison, _ = LockedComparison.objects.update_or_create(
        period=period, defaults={"state": State.RUNNING, "started_at": timezone.now(), "attempts": 0}
    )
    later = unconsumed_changes(period)
    with recomputed_copy(period) as computed:
        differences = differences_of(period, computed)
        targets = _targets(period, computed)
    comparison.changes.all().delete()
    comparison.results.all().delete()
    _store_units(comparison, differences, causes_of(differences, period, later), targets)
    insert_rows(LockedResultChange, [_result(comparison, each) for each in differences.results])
    comparison.not_compared = differences.not_compared
    comparison.changes_seen = later.count()
    comparison.state, comparison.finished_at = State.FINISHED, timezone.now()
    comparison.save(update_fields=["not_compared", "changes_seen", "state", "finished_at"])
    return comparison


def _targets(*periods: ReportingPeriod) -> dict[str, Target]:
    """Return the targets that the months were judged by, by code; of two versions, that of the later argument."""
    plans = [Computation.objects.get(period=period).plan_id for period in periods]
    return {target.code: target for plan in plans for target in Target.objects.filter(plan_id=plan)}


def _store_units(
    comparison: LockedComparison,
    differences: Differences,
    causes: Mapping[tuple[bool, int], list[int]],
    targets: Mapping[str, Target],
) -> None:
    names = _names_of_divisions(differences)
    rows = {
        **{(True, unit.key): _community(comparison, unit, targets, names) for unit in differences.communities.values()},
        **{(False, unit.key): _division(comparison, unit, targets, names) for unit in differences.divisions.values()},
    }
    insert_rows(LockedChange, list(rows.values()))
    links = [(row, record) for key, row in rows.items() for record in causes[key]]
    insert_rows(_Cause, [_Cause(lockedchange_id=row.pk, changerecord_id=record) for row, record in links])


def _names_of_divisions(differences: Differences) -> dict[int, Division]:
    keys = {*differences.divisions}
    for unit in differences.communities.values():
        for side in (unit.before, unit.after):
            keys |= {side[name] for name in ("town_id", "county_id") if name in side}
    return Division.objects.in_bulk(keys)


def _community(
    comparison: LockedComparison, unit: UnitDifference, targets: Mapping[str, Target], names: Mapping[int, Division]
) -> LockedChange:
    row = unit.before or unit.after
    return LockedChange(
        comparison=comparison,
        kind=unit.kind,
        community_id=unit.key,
        division_id=row["town_id"],
        code=row["code"],
        name=row["name"],
        columns=_columns(unit, names),
        verdicts=_verdicts(unit, targets),
    )


def _division(
    comparison: LockedComparison, unit: UnitDifference, targets: Mapping[str, Target], names: Mapping[int, Division]
) -> LockedChange:
    return LockedChange(
        comparison=comparison,
        kind=unit.kind,
        division_id=unit.key,
        code=names[unit.key].code,
        name=names[unit.key].name,
        columns=_columns(unit, names),
        verdicts=_verdicts(unit, targets),
    )


def _columns(unit: UnitDifference, names: Mapping[int, Division]) -> list[dict[str, Any]]:
    """Return the columns that differ, with the names of divisions instead of keys."""

    def shown(side: Mapping[str, Any], column: str) -> Any:
        value = side.get(column)
        if value is not None and column in ("town_id", "county_id"):
            return names[value].name
        return _plain(value)

    return [
        {"name": column, "before": shown(unit.before, column), "after": shown(unit.after, column)}
        for column in unit.columns
    ]


def _verdicts(unit: UnitDifference, targets: Mapping[str, Target]) -> list[dict[str, Any]]:
    ordered = sorted(unit.verdicts.items(), key=lambda item: targets[item[0]].position)
    return [
        {
            "code": code,
            "name": targets[code].short_name,
            "unit": targets[code].unit,
            "before": _plain_row(before),
            "after": _plain_row(after),
        }
        for code, (before, after) in ordered
    ]


def _result(comparison: LockedComparison, each: ResultDifference) -> LockedResultChange:
    return LockedResultChange(
        comparison=comparison,
        division_id=each.division_id,
        target_code=each.target.code,
        target_name=each.target.short_name,
        position=each.target.position,
        unit=each.target.unit,
        before=_plain_row(each.before),
        after=_plain_row(each.after),
    )


def _plain_row(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """Return a Decimal as int or float, which JSON stores as a number; other values unchanged."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


# --- The worker ---


def compare_if_due(*, period_id: int) -> LockedComparison | None:
    """Compare a locked month that is due; return None if it is not due or another worker has claimed it.

    Idempotent. If comparing fails, the comparison gets the state FAILED, its stored differences stay, and the error is
    raised; see `Claim.guard`. The comparison of a month that was reopened meanwhile is deleted.
    """
    period = locked_periods_to_compare().filter(pk=period_id).first()
    if period is None:
        return None
    claim = _claim(period)
    if claim is None:
        return None
    with claim.guard():
        return in_one_snapshot(lambda: _compare_claimed(period, claim))
    return None


def _claim(period: ReportingPeriod) -> Claim[LockedComparison] | None:
    """Claim a month; return None if another worker has claimed it or started it within COMPARE_EVERY."""
    now = timezone.now()
    comparison = LockedComparison.objects.filter(period=period).first()
    if comparison is None:
        return COMPARE.claim_new(period=period, defaults={"started_at": now})
    not_recent = LockedComparison.objects.filter(started_at__lte=now - COMPARE_EVERY)
    return COMPARE.claim(comparison.pk, among=not_recent, started_at=now)


def _compare_claimed(period: ReportingPeriod, claim: Claim[LockedComparison]) -> LockedComparison:
    locked_row = lock_period_row(period)
    claim.hold()
    return _compare(locked_row)


def delete_comparison(period: ReportingPeriod) -> None:
    """Delete the comparison of a month. To be called in the transaction that reopens the month."""
    LockedComparison.objects.filter(period=period).delete()
