"""What records of the trail and of the change log say has happened, by what they store, never by their words.

What is told is small: refs, codes, months, numbers and where the API says the rest. No names and no texts, which might hold
something personal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q

from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.rights import Area
from communities.models import DivisionChange
from connections.event_kinds import (
    ACCEPTED,
    COMMITTED,
    DIVISION_CHANGED,
    ISSUED,
    LOCKED,
    REOPENED,
    RETURNED,
    SUBMITTED,
    UNDONE,
)
from periods.models import ReportingPeriod
from reports.models import Briefing
from submissions.models import Submission

_SUBMISSION: Final = Submission._meta.label_lower
_PERIOD: Final = ReportingPeriod._meta.label_lower
_DIVISION_CHANGE: Final = DivisionChange._meta.label_lower
_STEPS: Final = {
    Submission.State.SUBMITTED: SUBMITTED,
    Submission.State.RETURNED: RETURNED,
    Submission.State.ACCEPTED: ACCEPTED,
}
_MOST_CHANGES: Final = 50  # of divisions that one event lists; a crosswalk of villages has hundreds


class Told(NamedTuple):
    """What a record says: `key` is that of its change set, or the ref of a briefing."""

    key: Any
    kind: str
    division: Area | None
    data: dict[str, Any]


class _Logged(NamedTuple):
    change_set: int
    model: str
    object_id: int
    before: dict[str, Any]
    after: dict[str, Any]


def api_address(slug: str, **parameters: str) -> str:
    """Return the address of the API that says more."""
    return f"/api/v1/{slug}/" + (f"?{urlencode(parameters)}" if parameters else "")


def events_of_uploads(change_sets: Sequence[int]) -> Iterator[Told]:
    """Yield the commits and undoings of upload batches among change sets.

    A batch that was committed in parts is undone by several change sets of one transaction: the first one tells of all.
    """
    found = ChangeSet.objects.filter(pk__in=change_sets, batch__isnull=False)
    earlier = ChangeSet.objects.filter(batch=OuterRef("batch"), reverses__isnull=False, pk__lt=OuterRef("pk"))
    found = found.filter(Q(reverses__isnull=True) | ~Exists(earlier))
    # A batch has large columns, which nothing is told of.
    told_of = (
        "batch__ref",
        "batch__register",
        "batch__period__month",
        "batch__division__code",
        "batch__division__path",
    )
    sets = list(found.select_related("batch__division", "batch__period").only("reverses", *told_of))
    numbers = _numbers(sets)
    for each in sets:
        batch, is_undone = each.batch, each.reverses_id is not None
        assert batch is not None  # noqa: S101 - filtered
        counted = numbers[batch.pk if is_undone else -each.pk]
        yield Told(
            each.pk,
            UNDONE.name if is_undone else COMMITTED.name,
            batch.division,
            {
                "ref": batch.ref,
                "register": batch.register,
                "period": batch.period.code if batch.period else None,
                "division": batch.division.code,
                **{str(kind): counted.get(kind, 0) for kind in ChangeRecord.Kind},
                "api": f"{api_address('uploads')}{batch.ref}/",
            },
        )


def _numbers(sets: Iterable[ChangeSet]) -> dict[int, dict[str, int]]:
    """Return how many records were created, updated and removed: by batch of undoings, by negative change set of commits."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    undone = [each.batch_id for each in sets if each.reverses_id is not None]
    of_sets = ChangeRecord.objects.filter(
        Q(change_set__in=[each.pk for each in sets if each.reverses_id is None])
        | Q(change_set__batch__in=undone, change_set__reverses__isnull=False)
    )
    columns = ("change_set", "change_set__batch", "change_set__reverses", "kind")
    for change_set, batch, reverses, kind, number in (
        of_sets.order_by().values(*columns).annotate(number=Count("pk")).values_list(*columns, "number")
    ):
        counted = found[-change_set if reverses is None else batch]
        counted[kind] = counted.get(kind, 0) + number
    return found


def events_of_changes(change_sets: Sequence[int]) -> Iterator[Told]:
    """Yield steps of reports, locks and reopenings of months, and applied or undone changes of divisions."""
    telling = ChangeRecord.objects.filter(
        Q(model=_SUBMISSION) | Q(model=_PERIOD) | Q(model=_DIVISION_CHANGE, kind=ChangeRecord.Kind.UPDATED),
        change_set__in=change_sets,
    )
    columns = ("change_set", "model", "object_id", "before", "after")
    rows = [_Logged(*row) for row in telling.order_by("change_set", "id").values_list(*columns)]
    yield from _steps([row for row in rows if row.model == _SUBMISSION and row.after.get("state") in _STEPS])
    yield from _months([row for row in rows if row.model == _PERIOD and "state" in row.after])
    yield from _division_changes([row for row in rows if row.model == _DIVISION_CHANGE and "applied_at" in row.after])


def _steps(rows: Sequence[_Logged]) -> Iterator[Told]:
    keys = {row.object_id for row in rows}
    reports = Submission.objects.select_related("county", "period").in_bulk(keys) if keys else {}
    for row in rows:
        report = reports.get(row.object_id)
        if report is not None:
            place = {"period": report.period.code, "county": report.county.code}
            data = {"period": report.period.code, "division": report.county.code}
            kind = _STEPS[Submission.State(row.after["state"])].name
            yield Told(row.change_set, kind, report.county, {**data, "api": api_address("submissions", **place)})


def _months(rows: Sequence[_Logged]) -> Iterator[Told]:
    locked = ReportingPeriod.State.LOCKED
    keys = {row.object_id for row in rows}
    periods = ReportingPeriod.objects.in_bulk(keys) if keys else {}
    for row in rows:
        period, kind = periods.get(row.object_id), ""
        if row.after["state"] == locked:
            kind = LOCKED.name
        elif row.before.get("state") == locked:
            kind = REOPENED.name
        if period is not None and kind:
            yield Told(row.change_set, kind, None, {"period": period.code, "api": api_address("periods")})


def _division_changes(rows: Sequence[_Logged]) -> Iterator[Told]:
    keys = {row.object_id for row in rows}
    changes = DivisionChange.objects.in_bulk(keys) if keys else {}
    by_set: dict[int, list[_Logged]] = defaultdict(list)
    for row in rows:
        if row.object_id in changes:
            by_set[row.change_set].append(row)
    for change_set, logged in by_set.items():
        of_set = [changes[row.object_id] for row in logged]
        day = of_set[0].effective_on.isoformat()  # a change set applies the changes of one day
        named = ("kind", "level", "from_code", "to_code")
        data = {
            "effective_on": day,
            "undone": logged[0].after["applied_at"] is None,
            "count": len(of_set),
            "changes": [{name: getattr(each, name) for name in named} for each in of_set[:_MOST_CHANGES]],
            "api": api_address("division-changes", effective_from=day, effective_to=day),
        }
        yield Told(change_set, DIVISION_CHANGED.name, None, data)


def events_of_briefings(refs: Sequence[str]) -> Iterator[Told]:
    """Yield the briefings with these refs, which were printed."""
    briefings = Briefing.objects.filter(ref__in=refs).select_related("division", "period") if refs else ()
    for each in briefings:
        data = {
            "ref": each.ref,
            "period": each.period.code,
            "division": each.division.code,
            "edition": each.edition,
            "api": f"{api_address('briefings')}{each.ref}/",
        }
        yield Told(each.ref, ISSUED.name, each.division, data)
