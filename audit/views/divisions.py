"""Changes of divisions and communities, to be read: who applied which one, when, on what grounds."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.http import HttpResponse

from changzhi_portal.pages import PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.rights import Actor
from communities.models import Division, DivisionChange

ROWS_A_PAGE = 100


class DivisionChangeList(PortalPage):
    """The noted and applied changes that concern the auditor's area, those that wait first, then the newest."""

    requires = "may_audit"
    title = "区划变更"
    template_name = "audit/divisions.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show one page of them."""
        found = _of_area(request.user).select_related("applied_by")
        ordered = found.order_by(F("applied_at").desc(nulls_first=True), "-effective_on", "from_code", "to_code")
        page = ForgivingPaginator(ordered, ROWS_A_PAGE).get_page(request.GET.get("page", 1))
        return self.render_to_response(self.get_context_data(page=page))


def _of_area(user: Actor) -> models.QuerySet[DivisionChange]:
    """Return the changes from or to a code of the user's area; of the city all. Codes begin with that of the county above."""
    if user.division.level == Division.Level.CITY:
        return DivisionChange.objects.all()
    # Today's county, and those whose successor it is.
    codes = Division.objects.counties().visible_to(user).values_list("code", flat=True)
    of_area = Q(pk__in=())
    for code in codes:
        of_area |= Q(from_code__startswith=code) | Q(to_code__startswith=code)
    return DivisionChange.objects.filter(of_area)
