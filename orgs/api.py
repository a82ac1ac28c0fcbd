"""Social organizations in the API."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import PLACE_EXPANSIONS
from orgs.filters import OrganizationFilterSet
from orgs.models import SocialOrganization
from orgs.sheets import OrganizationSheet


class Organizations(RegisterEndpoint):
    """社会组织."""

    register = OrganizationSheet
    queryset = SocialOrganization.objects.all()
    filterset = OrganizationFilterSet
    expands: ClassVar[Expansions] = PLACE_EXPANSIONS
    sorts = {"name": "sort_key", "established_on": "established_on", "dissolved_on": "dissolved_on"}
