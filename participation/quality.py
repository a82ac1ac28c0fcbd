"""Quality rules of surveys."""

from __future__ import annotations

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.scope import ScopedQuerySet
from participation.models import Survey

SURVEYS = Subject(Survey, community=None)


@rule(
    SURVEYS,
    Severity.SOFT,
    "调查到期没有结束",
    "调查已于{ends_on}截止，仍在填报，结果没有计入统计，请结束调查。",
)
def survey_past_its_end(occasion: Occasion) -> ScopedQuerySet:
    """Find surveys that still collect after their last day: they count nowhere until they are closed."""
    return Survey.objects.collecting().filter(ends_on__lt=occasion.day_before)


@rule(SURVEYS, Severity.SOFT, "调查到期没有开始", "调查原定{starts_on}开始，还是草稿，请开始填报或者改期。")
def survey_not_begun(occasion: Occasion) -> ScopedQuerySet:
    """Find surveys that are drafts after their first day."""
    return Survey.objects.filter(state=Survey.State.DRAFT, starts_on__lt=occasion.day_before)
