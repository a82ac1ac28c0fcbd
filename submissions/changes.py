"""The changes of records behind a county's report: those of its month, and those made since it was reported."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from changelog.models import ChangeRecord, ChangeRecordQuerySet, ChangeSet
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from changzhi_portal.rights import Actor
from communities.models import DivisionChange
from periods.models import ReportingPeriod, beginning_of
from submissions.models import Submission
from targets.engine.map_of_day import divisions_counted_for

Kind = ChangeRecord.Kind


@dataclass(frozen=True)
class RegisterChanges:
    """How many records of one register were changed, by kind, each once for every upload or edit."""

    register: type[RegisterSheet]
    created: int
    updated: int
    removed: int

    @property
    def total(self) -> int:
        """Return the number of all changes."""
        return self.created + self.updated + self.removed


def changes_of_month(
    submission: Submission, user: Actor, *, edited_in: tuple[datetime.date, datetime.date]
) -> ChangeRecordQuerySet:
    """Return what was changed in the county's registers for the month and stands, in the user's scope.

    That is what uploads for the month have written, and what was edited in pages between two days (`time_of_edits`),
    since an edit has no month of its own.
    """
    first, last = edited_in
    edited = Q(batch__isnull=True, made_at__gte=beginning_of(first))
    edited &= Q(made_at__lt=beginning_of(last + datetime.timedelta(days=1)))
    change_sets = ChangeSet.objects.filter(Q(batch__period=submission.period) | edited)
    return _inside(submission, user).filter(change_set__in=change_sets.order_by().values("pk")).not_undone()


def changes_since_report(submission: Submission, user: Actor) -> ChangeRecordQuerySet:
    """Return what was changed in the county since its valid report, in the user's scope; nothing without a report.

    The time of the report is that of its change set: demo data has a `submitted_at` years before it was created.
    """
    if not submission.is_reported:
        return ChangeRecord.objects.none()
    reports = ChangeRecord.objects.visible_to(user).of_object(submission)
    report = reports.filter(after__state=Submission.State.SUBMITTED).select_related("change_set").first()
    since = report.change_set.made_at if report else submission.submitted_at
    return _inside(submission, user).filter(change_set__made_at__gt=since)


def records_changed_since(submission: Submission, user: Actor) -> int:
    """Return the number of records in the user's scope that were changed since the county's valid report.

    A part that was changed together with its record is not counted apart.
    """
    if not submission.is_reported:
        return 0
    of_record = ChangeRecord.objects.filter(
        change_set=OuterRef("change_set"), batch_row=OuterRef("batch_row"), model__in=models_of_records()
    )
    changes = changes_since_report(submission, user).exclude(~Q(model__in=models_of_records()) & Exists(of_record))
    return changes.order_by().values("model", "object_id").distinct().count()


# --- Lines: what one row of an upload, or one edit, did to a record and its parts ---


def count_by_register(changes: ChangeRecordQuerySet) -> list[RegisterChanges]:
    """Return the numbers of lines of every register, in one query; a line is new if its record is, as an upload counts."""
    whens = [When(model__in=models_of([sheet]), then=Value(sheet.name)) for sheet in registers()]
    key = Concat(Cast("change_set_id", CharField()), Value(" "), Cast("line", CharField()), output_field=CharField())
    of_record = Q(model__in=models_of_records())
    rows = (
        _with_line(changes)
        .order_by()
        .annotate(key=key, register=Case(*whens, default=Value(""), output_field=CharField()))
        .values("register")
        .annotate(
            every=Count("key", distinct=True),
            created=Count("key", distinct=True, filter=of_record & Q(kind=Kind.CREATED)),
            removed=Count("key", distinct=True, filter=of_record & Q(kind=Kind.REMOVED)),
        )
    )
    found = {row["register"]: (row["every"], row["created"], row["removed"]) for row in rows}
    numbers = [(sheet, *found.get(sheet.name, (0, 0, 0))) for sheet in registers()]
    return [
        RegisterChanges(sheet, created=created, updated=every - created - removed, removed=removed)
        for sheet, every, created, removed in numbers
    ]


def page_of_lines(changes: ChangeRecordQuerySet, first: int, last: int) -> list[list[ChangeRecord]]:
    """Return the lines from number `first` to before `last`, the newest first, each with its changes and their sources.

    Two queries.
    """
    numbered = _with_line(changes)
    grouped = numbered.order_by().values("change_set_id", "line").annotate(newest=Max("pk")).order_by("-newest")
    found: dict[tuple[int, int], list[ChangeRecord]] = {
        (row["change_set_id"], row["line"]): [] for row in grouped[first:last]
    }
    if not found:
        return []
    lines_of: defaultdict[int, list[int]] = defaultdict(list)
    for change_set, line in found:
        lines_of[change_set].append(line)
    wanted = (Q(change_set=key, line__in=lines) for key, lines in lines_of.items())
    for change in numbered.filter(Q(*wanted, _connector=Q.OR)).with_sources().order_by("pk"):
        found[change.change_set_id, change.line].append(change)
    return list(found.values())


def _with_line(changes: ChangeRecordQuerySet) -> ChangeRecordQuerySet:
    """Annotate `line`, equal for the changes that one row of an upload or one edit made; else of each change its own."""
    line = Coalesce(Cast("batch_row", BigIntegerField()), -F("pk"), output_field=BigIntegerField())
    return changes.annotate(line=line)


def models_of_records() -> set[str]:
    """Return the names of the models whose rows are records of a register, not parts of one."""
    return {sheet.model._meta.label_lower for sheet in registers()}


def models_of(sheets: Iterable[type[RegisterSheet]]) -> set[str]:
    """Return the names of the models that registers write, as the change log has them."""
    return {model._meta.label_lower for sheet in sheets for model in sheet.writes_to}


def time_of_edits(submission: Submission) -> tuple[datetime.date, datetime.date]:
    """Return the first and last day on which edits in pages belong to the county's month.

    From the day after the month before was due (`ReportingPeriod.in_hand`) until the month is due; if the county
    reports later, until it has reported.
    """
    period = submission.period
    first = ReportingPeriod.objects.first_day_in_hand(period)
    if submission.is_reported and submission.submitted_at is not None:
        until = timezone.localdate(submission.submitted_at)
    else:
        until = period.due_on if period.is_locked else timezone.localdate()
    return first, max(period.due_on, until)


def _inside(submission: Submission, user: Actor) -> ChangeRecordQuerySet:
    """Return the changes of figures at the county's places, also at divisions that have replaced those since.

    A change of divisions touches every record of a place, but no figure of an earlier month.
    """
    of_the_map = ChangeSet.objects.filter(records__model=DivisionChange._meta.label_lower)
    places = divisions_counted_for(submission.county_id, submission.period.as_of)
    changes = ChangeRecord.objects.visible_to(user).filter(division__in=places, change_set__affects_figures=True)
    return changes.exclude(change_set__in=of_the_map.order_by().values("pk"))
