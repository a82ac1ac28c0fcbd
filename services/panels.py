"""Panels that purchased services add: to the pages of a community and of an organization, and calls on the home page."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import LAST_STEP, MOST_ROWS, NOTHING_TO_DO, HomePanel, RecordPanel
from services.flow import MAY_RUN_CALLS
from services.models import Call, Proposal, ServiceProject


class CommunityProjects(RecordPanel):
    """The projects that serve a community."""

    model_label = "communities.Community"
    position = 50
    template_name = "services/community_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the first of them and their number."""
        projects = ServiceProject.objects.visible_to(request.user).filter(communities=record).order_by("-starts_on")
        return {"projects": projects[:MOST_ROWS], "total": projects.count(), "community": record}


class OrganizationProjects(RecordPanel):
    """The projects that an organization provides, known by its credit code or by their link to it."""

    model_label = "orgs.SocialOrganization"
    position = 50
    template_name = "services/organization_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return the newest of them and their number; those of a record that was merged into it are among them."""
        own = Q(provider=record.pk) | Q(provider__merged_into=record.pk)
        if record.credit_code:
            own |= Q(provider_credit_code=record.credit_code)
        projects = ServiceProject.objects.visible_to(request.user).filter(own)
        newest = list(projects.order_by("-starts_on")[:MOST_ROWS])
        total = len(newest) if len(newest) < MOST_ROWS else projects.count()
        return {"projects": newest, "total": total, "organization": record}


class OrganizationProposals(RecordPanel):
    """What an organization proposes and claims."""

    model_label = "orgs.SocialOrganization"
    position = 51
    template_name = "services/proposals_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return the newest of them and their number; those of a record that was merged into it are among them."""
        own = Q(organization=record.pk) | Q(organization__merged_into=record.pk)
        proposals = Proposal.objects.visible_to(request.user).filter(own).select_related("call")
        newest = list(proposals.order_by("-submitted_on", "-pk")[:MOST_ROWS])
        total = len(newest) if len(newest) < MOST_ROWS else proposals.count()
        return {"proposals": newest, "total": total, "organization": record}


class CallsInHand(HomePanel):
    """For who runs calls: those of the area that are not closed, with what comes next."""

    position = 36
    template_name = "services/calls_panel.html"
    requires = MAY_RUN_CALLS

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the calls in hand with what is to be done, those that wait for something first. One query."""
        today = timezone.localdate()
        calls = Call.objects.visible_to(request.user).in_hand().select_related("division").order_by("closes_on", "pk")
        said = [(call, *_next_of(call, today)) for call in calls[:MOST_ROWS]]
        waiting = [each for each in said if each[2]]
        return {
            "shown": [*waiting, *(each for each in said if not each[2])],
            "waiting": len(waiting),
            "urgency": LAST_STEP if waiting else NOTHING_TO_DO,
        }


def _next_of(call: Call, today: datetime.date) -> tuple[str, bool]:
    """Return what comes next with a call, in words, and whether the office has to do it now."""
    if call.state == Call.State.DRAFT:
        return "草稿，待发布", False
    if call.state == Call.State.OPEN:
        is_over = call.closes_on < today
        return ("已截止，待评审" if is_over else f"征集中，{call.closes_on}截止"), is_over
    if call.state == Call.State.REVIEWING:
        return "评审中，待评选、公示", True
    is_over = call.announced_until is not None and call.announced_until < today
    return ("公示期满，待结束征集、立项" if is_over else f"公示到{call.announced_until}"), is_over
