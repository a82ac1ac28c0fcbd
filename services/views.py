"""Pages of purchased-service projects."""

from __future__ import annotations

from typing import Any

from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from communities.models import Community
from communities.views import crumbs_of_place
from orgs.models import SocialOrganization
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
    template_name = "services/project.html"
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
        """Link the provider to its record, if it is in the register and the user may see it."""
        code = self.record.provider_credit_code
        visible = SocialOrganization.objects.visible_to(self.request.user)
        provider = visible.filter(credit_code=code).first() if code else None
        if provider is None:
            return super().get_facts()
        label = self.record._meta.get_field("provider_name").verbose_name
        return [
            fact._replace(url=provider.get_absolute_url()) if fact.label == label else fact
            for fact in super().get_facts()
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the communities that the project serves."""
        served = Community.objects.visible_to(self.request.user).filter(projects=self.record).with_place()
        return super().get_context_data(served=list(served.order_by("code")), **kwargs)
