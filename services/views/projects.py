"""Pages of purchased-service projects."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from changzhi_portal.percent import percent
from communities.models import Community, Division
from communities.views import crumbs_of_place
from orgs.models import SocialOrganization
from services.filters import ProjectFilterSet
from services.forms import ProjectFilterForm
from services.models import Payment, Review, ServiceProject
from services.stages import STAGE_OF, with_progress
from services.tables import ProjectTable


class ProjectList(ListPage):
    """购买服务项目."""

    requires = "may_see_registers"
    title = "购买服务项目"
    help_at = "购买服务"
    queryset = ServiceProject.objects.select_related("division")
    filterset = ProjectFilterSet
    form = ProjectFilterForm
    export_register = "projects"
    table = ProjectTable


class ProjectDetail(DetailPage):
    """One project with the communities it serves and the organization that provides it."""

    requires = "may_see_registers"
    help_at = "购买服务"
    queryset = ServiceProject.objects.select_related("division__parent", "catalogue")
    template_name = "services/project.html"
    list_url_name = "services:list"
    list_title = "购买服务项目"
    facts = (
        "number",
        "division",
        "buyer",
        "provider_name",
        "provider_credit_code",
        "catalogue",
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

    def get_record(self, ref: str) -> Any:
        """Return the project with what it has by today; raises Http404."""
        visible = self.queryset.visible_to(self.request.user)
        return get_object_or_404(with_progress(visible, timezone.localdate()), ref=ref)

    def get_facts(self) -> list[Fact]:
        """Link provider and catalogue to their records where the user may see them; show the grade of the final review."""
        project = self.record
        facts = dict(zip(self.facts, super().get_facts(), strict=True))
        provider = self._provider()
        if provider is not None:
            facts["provider_name"] = facts["provider_name"]._replace(url=provider.get_absolute_url())
        if project.catalogue is not None:
            line = project.catalogue
            is_seen = type(line).objects.visible_to(self.request.user).filter(pk=line.pk).exists()
            url = line.get_absolute_url() if is_seen else ""
            facts["catalogue"] = facts["catalogue"]._replace(value=f"{line.code} {line}", url=url)
        if (final := self.final) is not None:
            said = final.grade_label
            if project.grade and project.grade != final.grade:
                said = f"{said}（末期评估；项目登记为{project.get_grade_display()}）"
            facts["grade"] = facts["grade"]._replace(value=said, url=final.get_absolute_url())
        return list(facts.values())

    def _provider(self) -> SocialOrganization | None:
        """Return the organization that provides the project, if it is in the register and the user may see it."""
        project = self.record
        known = Q(pk=project.provider_id) if project.provider_id else Q(pk__isnull=True)
        if project.provider_credit_code:
            known |= Q(credit_code=project.provider_credit_code)
        return SocialOrganization.objects.visible_to(self.request.user).filter(known).first()

    @cached_property
    def reviews(self) -> list[Review]:
        """Return the reviews, the newest first."""
        return list(self.record.reviews.order_by("-reviewed_on", "-pk"))

    @property
    def final(self) -> Review | None:
        """Return the newest final review, which gives the grade; None without one."""
        return next((review for review in self.reviews if review.kind == Review.Kind.FINAL), None)

    def get_actions(self) -> list[Crumb]:
        """Return the next stage first, then the form of the project, and the other things that may be recorded."""
        actions = super().get_actions()
        if not self.request.user.role.may_upload:
            return actions
        project = self.record
        asked = {"project_number": project.number, "county": county_name(project)}
        query = urlencode({name: value for name, value in asked.items() if value})
        review = Crumb("登记评估", f"{reverse('changelog:add', args=['reviews'])}?{query}")
        payment = Crumb("登记拨付", f"{reverse('changelog:add', args=['payments'])}?{query}")
        edit = reverse("changelog:edit", args=["projects", project.ref])
        others = [*actions, review, payment]
        stage = STAGE_OF.get(project.stage)
        if stage is None:
            is_unpaid = project.contract_amount is not None and project.paid_total < project.contract_amount
            runs = project.status == ServiceProject.Status.PERFORMING
            return [payment, *actions, review] if runs and is_unpaid else others
        url = {"contract": edit, "status": edit, "payment": payment.url}.get(stage.code, review.url)
        return [Crumb(stage.label, url), *(each for each in others if each.url != url or each.title != stage.label)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the communities that the project serves, its reviews, and what was paid."""
        user, project = self.request.user, self.record
        served = Community.objects.visible_to(user).filter(projects=project).with_place()
        payments = list(Payment.objects.visible_to(user).filter(project=project).select_related("division"))
        seen = sum((payment.amount for payment in payments), Decimal(0))
        total = project.payments.all().total()
        contract = project.contract_amount
        return super().get_context_data(
            served=list(served.order_by("code")),
            reviews=self.reviews,
            payments=payments,
            paid_total=total,
            paid_by_others=total - seen,
            paid_rate=None if not contract else percent(int(total * 100), int(contract * 100)),
            remaining=None if contract is None else contract - total,
            differs=project.paid is not None and total != project.paid,
            stage=STAGE_OF.get(project.stage),
            **kwargs,
        )


def county_name(project: ServiceProject) -> str:
    """Return the name of a project's county as the forms of the registers offer it; "" for a project of the city."""
    division = project.division.current_division
    county = division.parent if division.level == Division.Level.TOWN else division
    return county.name if county is not None and county.level == Division.Level.COUNTY else ""
