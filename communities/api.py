"""Communities and facilities in the API."""

from __future__ import annotations

from changzhi_portal.api.endpoints import RegisterEndpoint
from communities.filters import CommunityFilterSet, FacilityFilterSet
from communities.models import Community, Facility
from communities.sheets import CommunitySheet, FacilitySheet


class Communities(RegisterEndpoint):
    """社区, each with its newest figures."""

    register = CommunitySheet
    queryset = Community.objects.all()
    filterset = CommunityFilterSet
    sorts = {"name": "sort_key", "code": "code"}
    requires = "may_see_figures"


class Facilities(RegisterEndpoint):
    """服务设施."""

    register = FacilitySheet
    queryset = Facility.objects.all()
    filterset = FacilityFilterSet
    sorts = {"area": "area", "opened_on": "opened_on"}
