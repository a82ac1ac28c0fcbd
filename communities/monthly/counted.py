"""Which months ask for the counts of communities (社区月报), and which communities of an office have them."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from changzhi_portal.rights import Actor
from changzhi_portal.thresholds import Thresholds
from communities.models import Community, MonthlyReport
from communities.thresholds import MONTHS_BETWEEN_COUNTS
from periods.models import CheckThresholds, ReportingPeriod


def is_asked(month: int, thresholds: Thresholds) -> bool:
    """Return whether a month of the year (1 to 12) asks for counts: with 3 months between them March, June and so on."""
    return month % thresholds[MONTHS_BETWEEN_COUNTS] == 0


def asked_in(period: ReportingPeriod) -> bool:
    """Return whether the portal reminds of counts in a month. One query. They may be given in any month."""
    return is_asked(period.month.month, CheckThresholds.objects.for_month(period.month))


def communities_to_count(user: Actor, period: ReportingPeriod) -> QuerySet:
    """Return the communities that the user reports, in the order of the list, with `is_entered`: whether they have counts."""
    reports = MonthlyReport.objects.of_month(period.month).filter(community=OuterRef("pk"))
    return Community.objects.reported().visible_to(user).annotate(is_entered=Exists(reports)).order_by("code", "pk")
