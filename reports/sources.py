"""What a draft was made of, as a text that differs once any of it has moved: the measured month, the reports, the settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Max

from changelog.models import ChangeSet
from changzhi_portal.briefings import TERMS
from periods.models import ReportingPeriod, month_after
from reports.models import Briefing, BriefingSettings
from submissions.models import SubmissionStep
from targets.models import Computation


def sources_of(briefing: Briefing) -> str:
    """Return when the month was measured and locked, and the newest report and settings; for a correction, the newest change.

    Read in the snapshot that the figures are read in, it says what they are of. Four queries.
    """
    settings = BriefingSettings.objects.filter(division=briefing.division_id).values_list("version", flat=True).first()
    return _joined(_of_month(briefing.period, briefing.span, is_correction=briefing.edition > 1), settings)


def outdated_among(drafts: Iterable[Briefing]) -> list[Briefing]:
    """Return the drafts that are of other sources than those of today. Three queries a month and span, and one for all."""
    settings = dict(BriefingSettings.objects.values_list("division", "version"))
    known: dict[tuple[int, str, bool], list[Any]] = {}
    outdated = []
    for draft in drafts:
        key = (draft.period_id, draft.span, draft.edition > 1)
        if key not in known:
            known[key] = _of_month(draft.period, draft.span, is_correction=draft.edition > 1)
        if draft.sources != _joined(known[key], settings.get(draft.division_id)):
            outdated.append(draft)
    return outdated


def _of_month(period: ReportingPeriod, span: str, *, is_correction: bool) -> list[Any]:
    """Return what all divisions' issues of a month are made of alike."""
    measured_at = Computation.objects.filter(period=period).values_list("finished_at", flat=True).first()
    months = (month_after(period.month, 1 - TERMS[span].months), period.month)
    steps = SubmissionStep.objects.filter(submission__period__month__range=months).aggregate(newest=Max("pk"))
    # A correction of a locked month is measured anew each time, so that every change may concern it.
    measured_anew = is_correction and period.is_locked
    changes = ChangeSet.objects.filter(affects_figures=True) if measured_anew else ChangeSet.objects.none()
    newest = changes.aggregate(newest=Max("pk"))["newest"]
    return [measured_at and measured_at.isoformat(), period.is_locked, steps["newest"], newest]


def _joined(of_month: list[Any], settings: int | None) -> str:
    return "|".join("" if part is None else str(part) for part in (*of_month, settings))


def measured_at_of(sources: str) -> str:
    """Return when the month was measured that a draft was made of, in ISO text; "" where that is not known."""
    return sources.partition("|")[0]


def is_outdated(briefing: Briefing) -> bool:
    """Return whether a draft is of other figures, reports or settings than those of today."""
    period = ReportingPeriod.objects.get(pk=briefing.period_id)
    if not period.is_locked and not Computation.objects.is_up_to_date(period):
        return True
    briefing.period = period
    return briefing.sources != sources_of(briefing)
