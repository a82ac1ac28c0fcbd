"""Who has, or had on a day, which rights."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from audit.forms import RightsForm
from audit.rights_then import HeldRights, rights_on
from changzhi_portal.pages import PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from communities.models import Division

ROWS_A_PAGE = 100


class RightsPage(PortalPage):
    """The users of the auditor's area with role, division and rights at the end of a day; today without one."""

    requires = "may_audit"
    title = "谁有什么权限"
    help_at = "谁有什么权限"
    template_name = "audit/rights.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show those that match the form; none where the form is wrong."""
        is_city = request.user.division.level == Division.Level.CITY
        counties = list(request.user.visible_counties()) if is_city else []
        form = RightsForm(request.GET, counties)
        asked = form.cleaned_data if form.is_valid() else None
        day = (asked or {}).get("on") or timezone.localdate()
        held = _matching(rights_on(day, request.user), asked, counties) if asked is not None else []
        page = ForgivingPaginator(held, ROWS_A_PAGE).get_page(request.GET.get("page", 1))
        around = {"day": day, "is_today": day == timezone.localdate()}
        return self.render_to_response(self.get_context_data(filter_form=form, page=page, **around))


def _matching(held: list[HeldRights], asked: dict[str, Any], counties: list[Division]) -> list[HeldRights]:
    county = next((each for each in counties if each.code == asked.get("county")), None)
    text = asked["q"].strip().lower()
    return [
        each
        for each in held
        if (not asked["role"] or each.role == asked["role"])
        and (not asked["right"] or each.has(asked["right"]))
        and (asked["state"] == "all" or each.is_active == (asked["state"] != "inactive"))
        and (county is None or each.division.path.startswith(county.path))
        and (not text or text in each.full_name.lower() or text in each.user.username.lower())
    ]
