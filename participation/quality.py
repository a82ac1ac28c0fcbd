"""Quality rules of surveys, and of organizations that hold no activities."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.functions import Coalesce

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.scope import ScopedQuerySet
from orgs.models import SocialOrganization
from participation.models import Activity, Survey
from participation.models.activities import inactive
from periods.models import years_before

SURVEYS = Subject(Survey, community=None)
ORGANIZATIONS = Subject(SocialOrganization)


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


@rule(
    ORGANIZATIONS,
    Severity.SOFT,
    "一年未开展活动",
    "近12个月没有登记任何活动，请核实是否还在活动；不再活动的请办理注销。",
)
def organization_without_activity(occasion: Occasion) -> ScopedQuerySet:
    """Find organizations with a 备案号 that held no activity for twelve months, in towns that note activities at all.

    Where nobody notes any, nothing is known of what organizations do; the list of organizations finds all of them.
    """
    day = occasion.day
    noted = Activity.objects.filter(held_on__gt=years_before(day), held_on__lte=day).order_by()
    towns = noted.annotate(town=Coalesce("community__town", "division")).values("town")
    filed = SocialOrganization.objects.filter(registration=SocialOrganization.Registration.FILED)
    filed = filed.exclude(filing_number="")
    return inactive(filed, day).filter(Q(community__town__in=towns) | Q(division__in=towns))
