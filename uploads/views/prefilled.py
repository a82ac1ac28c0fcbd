"""How much of an office's templates comes prefilled, by register: the portal must not add to the load it measures."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse

from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.pages.base import PortalRequest
from periods.models import ReportingPeriod
from uploads.prefilled import all_together, prefilled_by_register


class PrefilledTemplates(PortalPage):
    """?county=CODE: the cells of each template of the user's office, or of a county that a user of the city chooses.

    Counted when it is opened, from the templates themselves; of the whole city at once it would take long, so that one
    county is chosen first.
    """

    requires = "may_upload"
    template_name = "uploads/prefilled.html"
    title = "模板已填好多少"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the table; for a user of the city without a county only the choice."""
        counties = list(request.user.visible_counties()) if request.user.division.level == "city" else []
        office = self._office(counties)
        period = ReportingPeriod.objects.for_month_or_in_hand(None)
        lines = prefilled_by_register(office.path, period) if office is not None else []
        context = self.get_context_data(
            counties=counties, office=office, period=period, lines=lines, together=all_together(lines)
        )
        return self.render_to_response(context)

    def _office(self, counties: list[Any]) -> Any:
        """Return the division whose templates are counted, None where none is chosen yet. Raises Http404 for a county that the user does not see."""
        if not counties:
            return self.request.user.division
        asked = self.request.GET.get("county")
        if not asked:
            return None
        found = next((county for county in counties if county.code == asked), None)
        if found is None:
            raise Http404
        return found

    def get_crumbs(self) -> list[Crumb]:
        """Add the page of uploading."""
        return [Crumb("上传表格", reverse("uploads:new"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Leave out registers of which the office hands in nothing."""
        lines = [line for line in kwargs.pop("lines") if line.handed_in]
        return super().get_context_data(lines=lines, **kwargs)
