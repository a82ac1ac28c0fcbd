"""Pages of social organizations."""

from __future__ import annotations

from changzhi_portal.pages import ListPage
from communities.views import PlacedDetailPage
from orgs.filters import OrganizationFilterSet
from orgs.forms import OrganizationFilterForm
from orgs.models import SocialOrganization
from orgs.tables import OrganizationTable


class OrganizationList(ListPage):
    """社会组织."""

    requires = "may_see_registers"
    title = "社会组织"
    queryset = SocialOrganization.objects.with_place()
    filterset = OrganizationFilterSet
    form = OrganizationFilterForm
    export_register = "organizations"
    table = OrganizationTable


class OrganizationDetail(PlacedDetailPage):
    """One organization; the phone is masked."""

    requires = "may_see_registers"
    queryset = SocialOrganization.with_merged.with_place()
    list_url_name = "orgs:list"
    list_title = "社会组织"
    facts = (
        "credit_code",
        "registration",
        "legal_form",
        "category",
        "established_on",
        "dissolved_on",
        "leader",
        "phone",
        "member_count",
        "is_social_work_agency",
        "hub_kind",
        "filing_number",
        "filed_on",
        "credit_status",
        "note",
    )
