"""两期对比: two issues beside each other, from the figures that they were printed from."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse

from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.pages.base import PortalRequest
from reports.issue_comparison import compare_issues
from reports.models import Briefing
from reports.same_places import same_places
from reports.views.editing import list_crumb


class CompareIssues(PortalPage):
    """?first=REF&second=REF. By default the newest issue in force of the user's division and the one before it.

    Withdrawn ones may be chosen. Two chosen the wrong way round are put in order.

    An issue that the user may not see is not found (404), nor is one of another level: their rows are other divisions.
    """

    help_at = "两期对比"
    requires = "may_see_figures"
    title = "两期简报对比"
    template_name = "reports/compare_issues.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show both issues; only the choice while there are not two."""
        second = self._chosen("second") or self._not_withdrawn().first()
        first = self._chosen("first") or (self._before(second) if second is not None else None)
        if first is not None and second is not None and _order(first) > _order(second):
            first, second = second, first
        withdrawn = [each for each in (first, second) if each is not None and each.stage == Briefing.Stage.WITHDRAWN]
        context: dict[str, Any] = {"first": first, "second": second, "choices": [], "withdrawn": withdrawn}
        if second is not None:
            level = second.division.level
            if first is not None and first.division.level != level:
                raise Http404
            context["choices"] = list(self._choices().filter(division__level=level))
        if first is not None and second is not None and first.pk != second.pk:
            earlier, later = (
                Briefing.objects.only("figures").get(pk=each.pk).stored_figures for each in (first, second)
            )
            if earlier is not None and later is not None:
                places = same_places(earlier, later)
                context["comparison"] = compare_issues(earlier, later, places)
        return self.render_to_response(self.get_context_data(**context))

    def _choices(self) -> QuerySet[Briefing]:
        """Return the issued editions that the user may see, the newest first, the city's before those of counties."""
        issued = Briefing.objects.visible_to(self.request.user).published().select_related("period", "division")
        return issued.defer("figures", "lists", "text").order_by(
            "division__level", "-period__month", "division__code", "span", "-edition"
        )

    def _not_withdrawn(self) -> QuerySet[Briefing]:
        return self._choices().filter(stage=Briefing.Stage.ISSUED)

    def _chosen(self, name: str) -> Briefing | None:
        ref = self.request.GET.get(name, "")
        if not ref:
            return None
        found = self._choices().filter(ref=ref).first()
        if found is None:
            raise Http404
        return found

    def _before(self, issue: Briefing) -> Briefing | None:
        """Return the issue of the same division and span before this one, in its newest edition that was not withdrawn."""
        same = self._not_withdrawn().filter(division=issue.division_id, span=issue.span)
        earlier = same.filter(period__month__lt=issue.period.month).order_by("-period__month", "-edition")
        return earlier.first() or same.filter(period=issue.period, edition__lt=issue.edition).first()

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [list_crumb()]


def _order(issue: Briefing) -> tuple[object, int]:
    """Return what issues of one span are put in order by."""
    return issue.period.month, issue.edition
