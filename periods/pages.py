"""Base of the pages of one reporting month: finding the month of the URL, title, breadcrumbs, redirect."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.refusals import InvalidError
from periods.models import ReportingPeriod, parse_month

MONTHS_TITLE = "统计月"


def find_period(code: str) -> ReportingPeriod:
    """Return the period of a code in a URL. Raises Http404 for one that the calendar does not have."""
    try:
        month = parse_month(code)
    except InvalidError as error:
        raise Http404 from error
    return get_object_or_404(ReportingPeriod.objects.with_locker(), month=month)


class MonthPage(PortalPage):
    """A page of one month."""

    period: ReportingPeriod
    what: str = ""

    def load(self) -> None:
        """Load the month of the URL. Raises Http404."""
        self.period = find_period(self.kwargs["period"])

    def get_title(self) -> str:
        """Return the title with the month, if the period is loaded."""
        return f"{self.what}{self.period}" if hasattr(self, "period") else self.what.rstrip("：") or MONTHS_TITLE

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumbs to the list of months and to the month."""
        crumbs = [Crumb(MONTHS_TITLE, reverse("submissions:periods"))]
        if self.what and hasattr(self, "period"):
            crumbs.append(Crumb(str(self.period), reverse("submissions:period", args=[self.period.code])))
        return crumbs

    def get_success_url(self) -> str:
        """Return the URL of the month's page."""
        return reverse("submissions:period", args=[self.period.code])
