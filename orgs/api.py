"""Social organizations, their filings and what supports them in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from changzhi_portal.api.endpoints import RegisterEndpoint, RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import PLACE_EXPANSIONS, CommunitySerializer
from orgs.filters import FilingFilterSet, OrganizationFilterSet, SupportFilterSet
from orgs.flow import FLOW
from orgs.models import Filing, SocialOrganization, Support
from orgs.sheets import OrganizationSheet, SupportSheet


class Organizations(RegisterEndpoint):
    """社会组织."""

    register = OrganizationSheet
    example: ClassVar[dict[str, Any]] = {
        "county": "城区",
        "town": "东街街道办事处",
        "community_name": "和平社区",
        "name": "演示合唱团",
        "registration": "filed",
        "category": "culture_sports",
        "established_on": "2015-03-02",
        "member_count": 42,
    }
    queryset = SocialOrganization.objects.all()
    filterset = OrganizationFilterSet
    expands: ClassVar[Expansions] = PLACE_EXPANSIONS
    sorts = {"name": "sort_key", "established_on": "established_on", "dissolved_on": "dissolved_on"}


class FilingSerializer(serializers.ModelSerializer):
    """What is said of a filing, without the phone: that of the organization is read there."""

    organization = serializers.CharField(source="organization.ref", default="", label="组织的记录编号")
    community = serializers.CharField(source="community.code", label="社区代码")

    class Meta:
        model = Filing
        fields = (
            *("ref", "kind", "organization", "name", "category", "community", "leader", "members", "venue", "purpose"),
            *("credit_code", "legal_form", "reason", "number", "submitted_on", "due_on", "decided_on", "decided_in"),
            *("state", "version"),
        )


class Filings(RowsEndpoint):
    """社会组织备案: what streets file, until when, and in which state it is. People alone decide."""

    slug = "filings"
    title = "社会组织备案"
    requires = "may_see_registers"
    queryset = Filing.objects.all()
    filterset = FilingFilterSet
    serializer_class = FilingSerializer
    sorts: ClassVar[dict[str, str]] = {"due_on": "due_on", "submitted_on": "submitted_on", "decided_on": "decided_on"}
    expands: ClassVar[Expansions] = {"community": ("community", CommunitySerializer)}
    found_by = "ref"
    flow = FLOW
    takes_moves = False


class Supports(RegisterEndpoint):
    """组织扶持: rooms, money, people and training that organizations get."""

    register = SupportSheet
    example: ClassVar[dict[str, Any]] = {
        "organization": "演示合唱团",
        "county": "城区",
        "town": "东街街道办事处",
        "community_name": "和平社区",
        "kind": "venue",
        "valid_from": "2018-03-01",
        "area": "60.00",
    }
    queryset = Support.objects.all()
    filterset = SupportFilterSet
    sorts = {"valid_from": "valid_from", "valid_to": "valid_to", "amount": "amount"}
