"""Panels of organizations: on a community's page, on their own pages, and the filings that wait on the home page."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.pages import Crumb
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import LAST_STEP, MOST_ROWS, NOTHING_TO_DO, HomePanel, RecordPanel
from changzhi_portal.rights import has_right
from orgs.flow import MAY_FILE
from orgs.models import OPEN, Filing, SocialOrganization, Support
from periods.workdays import workdays_between

_LATER_KINDS = (
    (Filing.Kind.CHANGE, "备案变更"),
    (Filing.Kind.REGISTER, "备案转登记"),
    (Filing.Kind.CANCEL, "备案注销"),
)


class CommunityOrganizations(RecordPanel):
    """The organizations that serve a community."""

    model_label = "communities.Community"
    position = 30
    template_name = "orgs/community_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the first of them by name, and their number."""
        organizations = SocialOrganization.objects.visible_to(request.user).filter(community=record)
        return {"organizations": organizations[:MOST_ROWS], "total": organizations.count(), "community": record}


class OrganizationFilings(RecordPanel):
    """The filings of an organization, the newest first, and the ways to a further one for the street's clerk."""

    model_label = "orgs.SocialOrganization"
    position = 20
    template_name = "orgs/filings_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return the filings, and the links of the kinds that may be filed now."""
        user = request.user
        filings = list(Filing.objects.visible_to(user).filter(organization=record).order_by("-pk")[:MOST_ROWS])
        links: list[Crumb] = []
        if self._may_be_filed(user, record) and not any(filing.state in OPEN for filing in filings):
            links = [
                Crumb(title, reverse("orgs:filing_of", args=[record.ref, kind.value])) for kind, title in _LATER_KINDS
            ]
        return {"filings": filings, "links": links}

    @staticmethod
    def _may_be_filed(user: Any, record: SocialOrganization) -> bool:
        today = timezone.localdate()
        stands = record.dissolved_on is None or record.dissolved_on > today
        is_filed = record.registration == SocialOrganization.Registration.FILED
        return has_right(user, MAY_FILE) and stands and is_filed and record.community_id is not None


class OrganizationSupports(RecordPanel):
    """What supports an organization, the newest first."""

    model_label = "orgs.SocialOrganization"
    position = 30
    template_name = "orgs/supports_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return the first MOST_ROWS and their number."""
        supports = Support.objects.visible_to(request.user).of(record).order_by("-valid_from", "pk")
        return {"supports": supports[:MOST_ROWS], "total": supports.count()}


class WaitingFilings(HomePanel):
    """For the street's clerk: the filings that wait, with the working days left."""

    position = 27
    template_name = "orgs/waiting_panel.html"
    requires = MAY_FILE

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the most urgent filings with the days left, and how many there are."""
        today = timezone.localdate()
        waiting = list(Filing.objects.visible_to(request.user).waiting().select_related("community"))
        shown = [(each, workdays_between(today, each.due_on), each.due_on < today) for each in waiting[:MOST_ROWS]]
        is_late = any(late for _, _, late in shown)
        return {"shown": shown, "total": len(waiting), "urgency": LAST_STEP if is_late else NOTHING_TO_DO}
