"""Pages of purchased-service projects."""

from __future__ import annotations

from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from communities.models import Community
from communities.views import crumbs_of_place
from services.filters import ProjectFilterSet
from services.forms import ProjectFilterForm
from services.models import ServiceProject
from services.tables import ProjectTable


class ProjectList(ListPage):
    """购买服务项目."""

    requires = "may_see_registers"
    title = "购买服务项目"
    queryset = ServiceProject.objects.select_related("division")
    filterset = ProjectFilterSet
    form = ProjectFilterForm
    export_register = "projects"
    table = ProjectTable


class ProjectDetail(DetailPage):
    """One project with the communities it serves and the organization that provides it."""

    requires = "may_see_registers"
    queryset = ServiceProject.objects.select_related("division__parent")
    list_url_name = "services:list"
    list_title = "购买服务项目"
    facts = (
        "number",
        "division",
        "buyer",
        "provider_name",
        "provider_credit_code",
        "field",
        "beneficiaries",
        "purchase_method",
        "funding_source",
        "budget",
        "contract_amount",
        "paid",
        "signed_on",
        "starts_on",
        "ends_on",
        "status",
        "grade",
        "note",
    )

    def get_places(self) -> list[Crumb]:
        """Return the county, and the town of a town's project."""
        return crumbs_of_place(self.record, self.list_url_name) if hasattr(self, "record") else []

    def get_facts(self) -> list[Fact]:
        """Add the communities by name."""
        served = Community.objects.visible_to(self.request.user).filter(projects=self.record).order_by("code")
        return [
            *super().get_facts(),
            Fact("服务社区", display_value("、".join(community.name for community in served))),
        ]
