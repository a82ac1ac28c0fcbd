"""社区考核: scores of a year with their totals, and how a county weighs them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from changzhi_portal.display import DASH, display_number
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, FormPage, ListPage
from changzhi_portal.pages.bulk import BulkEditing
from changzhi_portal.rights import has_right
from communities.views import PlacedDetailPage
from participation.scores import satisfaction_scores
from workload.actions import save_scheme
from workload.filters import AssessmentFilterSet
from workload.flow import MAY_DECIDE
from workload.forms import AssessmentFilterForm, SchemeForm
from workload.models import Assessment, AssessmentScheme, assessment_total
from workload.tables import AssessmentTable


class AssessmentList(ListPage):
    """The scores of communities; there is no other assessment."""

    requires = "may_see_figures"
    template_name = "workload/assessments.html"
    title = "社区考核"
    queryset = Assessment.objects.with_weight().select_related("community__town__parent")
    filterset = AssessmentFilterSet
    form = AssessmentFilterForm
    table = AssessmentTable
    export_register = "assessments"

    def get_add_url(self) -> str:
        """Return the form of a new score, for those who assess."""
        return super().get_add_url() if has_right(self.request.user, MAY_DECIDE) else ""

    def get_bulk_edit(self) -> BulkEditing | None:
        """See ListPage.get_bulk_edit; for those who assess."""
        return super().get_bulk_edit() if has_right(self.request.user, MAY_DECIDE) else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the schemes of the year that is asked for, else of the newest one, and the form that sets one."""
        schemes = AssessmentScheme.objects.visible_to(self.request.user)
        asked = self.request.GET.get("year", "")
        year = int(asked) if asked.isdecimal() and len(asked) == len("2018") else schemes.newest_year()
        may_set = has_right(self.request.user, MAY_DECIDE)
        return super().get_context_data(
            year=year,
            schemes=list(schemes.filter(year=year).select_related("county").order_by("county__code")),
            scheme_url=reverse("workload:scheme") if may_set else "",
            **kwargs,
        )


class AssessmentDetail(PlacedDetailPage):
    """One score with its total."""

    requires = "may_see_figures"
    queryset = Assessment.objects.with_weight().select_related("community__town__parent")
    list_url_name = "workload:assessments"
    list_title = "社区考核"
    facts = ("year", "work_score", "note")

    def get_facts(self) -> list[Fact]:
        """Add satisfaction, weight and total; a year has no separator."""
        assessment = self.record
        satisfaction = satisfaction_scores(assessment.year, [assessment.community_id]).get(assessment.community_id)
        total = assessment_total(assessment.weight, satisfaction, assessment.work_score)
        facts = [
            fact._replace(value=str(assessment.year)) if fact.label == "年度" else fact for fact in super().get_facts()
        ]
        return [
            *facts,
            Fact("居民满意度得分", display_number(satisfaction)),
            Fact("居民满意度权重（%）", DASH if assessment.weight is None else str(assessment.weight)),
            Fact("总分", display_number(total)),
        ]


class SetScheme(FormPage):
    """The weight of residents' satisfaction in a county's assessment of a year."""

    requires = MAY_DECIDE
    title = "设置考核办法"
    form_class = SchemeForm

    def load(self) -> None:
        """Find the counties of the user, and the schemes that they have."""
        self.counties = list(self.request.user.visible_counties())

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the counties, and this year."""
        return {**super().get_form_kwargs(), "counties": self.counties, "year": timezone.localdate().year}

    def act(self, form: SchemeForm) -> str:
        """Save the scheme."""
        data = form.cleaned_data
        county = form.county
        known = AssessmentScheme.objects.filter(county=county, year=data["year"]).first()
        save_scheme(
            by=self.request.user,  # type: ignore[arg-type]  # a user of the portal
            county=county,
            year=data["year"],
            weight=data["weight"],
            note=data["note"],
            version=known.version if known is not None else 0,
        )
        return "已保存考核办法。"

    def get_success_url(self) -> str:
        """Return the list."""
        return reverse("workload:assessments")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [Crumb("社区考核", self.get_success_url())]
