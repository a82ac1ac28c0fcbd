"""Social organizations in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import PLACE_EXPANSIONS
from orgs.filters import OrganizationFilterSet
from orgs.models import SocialOrganization
from orgs.sheets import OrganizationSheet


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
