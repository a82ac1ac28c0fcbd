"""The changes of records behind a county's report: those of its month, and those made since it was reported."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from changelog.models import ChangeRecord, ChangeRecordQuerySet, ChangeSet
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from changzhi_portal.rights import Actor
from communities.models import DivisionChange
from periods.models import ReportingPeriod, beginning_of, month_after
from submissions.models import Submission
from targets.engine.map_of_day import divisions_counted_for

Kind = ChangeRecord.Kind


@dataclass(frozen=True)
class RegisterChanges:
    """How many changes of one register there are, by kind."""

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
    """Return the number of records in the user's scope that were changed since the county's valid report."""
    if not submission.is_reported:
        return 0
    return changes_since_report(submission, user).order_by().values("model", "object_id").distinct().count()


def count_by_register(changes: ChangeRecordQuerySet) -> list[RegisterChanges]:
    """Return the numbers of changes of every register, in one query."""
    numbers: Counter[tuple[type[RegisterSheet] | None, str]] = Counter()
    register_of = {model._meta.label_lower: sheet for sheet in registers() for model in sheet.writes_to}
    for model, kind, number in changes.order_by().values_list("model", "kind").annotate(number=Count("pk")):
        numbers[register_of.get(model), kind] += number
    return [
        RegisterChanges(sheet, *(numbers[sheet, kind] for kind in (Kind.CREATED, Kind.UPDATED, Kind.REMOVED)))
        for sheet in registers()
    ]


def models_of(sheets: Iterable[type[RegisterSheet]]) -> set[str]:
    """Return the names of the models that registers write, as the change log has them."""
    return {model._meta.label_lower for sheet in sheets for model in sheet.writes_to}


def time_of_edits(submission: Submission) -> tuple[datetime.date, datetime.date]:
    """Return the first and last day on which edits in pages belong to the county's month.

    From the day after the month before was due (`ReportingPeriod.in_hand`) until the month is due; if the county
    reports later, until it has reported.
    """
    period = submission.period
    before = ReportingPeriod.objects.filter(month=month_after(period.month, -1)).first()
    first = period.opens_on if before is None else before.due_on + datetime.timedelta(days=1)
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
