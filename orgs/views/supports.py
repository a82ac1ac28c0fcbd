"""组织扶持: the list, and one support's page."""

from __future__ import annotations

from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from communities.tables import county_of, town_of
from communities.views import crumbs_of_place
from orgs.filters import SupportFilterSet
from orgs.forms import SupportFilterForm
from orgs.models import Support
from orgs.tables import SupportTable

TITLE = "组织扶持"
ANCHOR = "社会组织备案和扶持"


class SupportList(ListPage):
    """The list of 组织扶持."""

    requires = "may_see_registers"
    help_at = ANCHOR
    title = TITLE
    queryset = Support.objects.with_place()
    filterset = SupportFilterSet
    form = SupportFilterForm
    export_register = "supports"
    table = SupportTable
    empty_advice = "还没有登记扶持。给了场地、经费、人才或者培训的，在这里登记或者上传。"


class SupportDetail(DetailPage):
    """One support of an organization."""

    requires = "may_see_registers"
    help_at = ANCHOR
    queryset = Support.objects.with_place()
    list_url_name = "orgs:supports"
    list_title = TITLE
    facts = ("kind", "valid_from", "valid_to", "amount", "area", "note")
    record: Support

    def get_places(self) -> list[Crumb]:
        """Return county, town and community of the organization."""
        return crumbs_of_place(self.record.organization, self.list_url_name) if hasattr(self, "record") else []

    def get_facts(self) -> list[Fact]:
        """Return the organization with its place before the support's own facts."""
        organization = self.record.organization
        where = [
            Fact("组织", organization.name, organization.get_absolute_url()),
            Fact("县（市、区）", display_value(county_of(organization))),
            Fact("街道（乡镇）", display_value(town_of(organization))),
        ]
        return [*where, *super().get_facts()]
