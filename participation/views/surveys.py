"""Pages of surveys: the list, one survey with its results, its form, its moves."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.http import Http404
from django.urls import reverse

from changelog.views.moving import MovePage
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, FormPage, ListPage
from changzhi_portal.rights import has_right
from communities.models import Division
from participation.actions import divisions_with_surveys_of, save_survey
from participation.filters import SurveyFilterSet
from participation.flow import FLOW, MAY_RUN
from participation.forms import SurveyFilterForm, SurveyForm
from participation.models import Survey
from participation.results import added_up, area_of, question_results, results_by_county, results_in_county
from participation.tables import SurveyTable

TITLE = "满意度调查"
ANCHOR = "满意度调查"


def list_crumb() -> Crumb:
    """Return the breadcrumb of the list of surveys."""
    return Crumb(TITLE, reverse("participation:surveys"))


class SurveyList(ListPage):
    """满意度调查: the surveys of satisfaction and of needs; leaders see them too, for they hold no personal data."""

    requires = "may_see_figures"
    help_at = ANCHOR
    title = TITLE
    queryset = Survey.objects.select_related("division").annotate(reported=Count("counts__community", distinct=True))
    filterset = SurveyFilterSet
    form = SurveyFilterForm
    table = SurveyTable
    head_template_name = "participation/survey_list_head.html"
    is_filled_by_uploads = False
    empty_advice = "还没有调查。县（市、区）和市局可以新增调查，开始填报后上传各社区的结果。"

    def get_add_url(self) -> str:
        """Return the form of a new survey, for who runs surveys."""
        return reverse("participation:survey_new") if has_right(self.request.user, MAY_RUN) else ""


class SurveyDetail(DetailPage):
    """One survey: its result by question, and of one question by place."""

    requires = "may_see_figures"
    help_at = ANCHOR
    queryset = Survey.objects.select_related("division__parent", "division__successor__successor")
    template_name = "participation/survey.html"
    list_url_name = "participation:surveys"
    list_title = TITLE
    facts = ("kind", "division", "starts_on", "ends_on", "method", "by_third_party", "state")
    record: Survey

    def get_actions(self) -> list[Crumb]:
        """Return the moves that the user may make, the main one first, then the form."""
        survey, user = self.record, self.request.user
        moves = [
            Crumb(move.label, reverse("participation:survey_move", args=[survey.ref, move.code]))
            for move in FLOW.offered(survey, user)
        ]
        may_change = has_right(user, MAY_RUN) and survey.state != Survey.State.CLOSED
        return [*moves, Crumb("修改", reverse("participation:survey_edit", args=[survey.ref]))] if may_change else moves

    def get_facts(self) -> list[Fact]:
        """Add how many communities have reported."""
        number = self.record.counts.visible_to(self.request.user).aggregate(n=Count("community", distinct=True))["n"]
        return [*super().get_facts(), Fact("已填报社区", f"{number}个")]

    @cached_property
    def question(self) -> str:
        """Return the question whose places are shown: that of the address, else the first."""
        asked = self.record.asked
        wanted = self.request.GET.get("question", "")
        return wanted if wanted in asked else asked[0]

    @cached_property
    def county(self) -> Division | None:
        """Return the county whose towns and communities are shown; None for a survey of the city without a choice."""
        area = area_of(self.record)
        if area.level != Division.Level.CITY:
            return area
        code = self.request.GET.get("county", "")
        inside = Division.objects.counties().current().visible_to(self.request.user)
        return inside.filter(code=code).first() if code else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add results, questions to choose from, and what was done when."""
        survey, user = self.record, self.request.user
        if self.county is None:
            places = results_by_county(survey, self.question, user)
            total = added_up(places)
        else:
            places = results_in_county(survey, self.question, self.county, user)
            total = added_up(row for row in places if not row.is_sum)
        is_collecting = survey.state == Survey.State.COLLECTING
        return super().get_context_data(
            survey=survey,
            questions=question_results(survey, user),
            question=self.question,
            county=self.county,
            of_city=area_of(survey).level == Division.Level.CITY,
            places=[(row, self._url_of(row.division)) for row in places],
            total=total,
            may_enter=is_collecting and has_right(user, MAY_RUN),
            may_see_counts=has_right(user, "may_see_registers"),
            steps=FLOW.steps_of(survey),
            **kwargs,
        )

    def _url_of(self, division: Division | None) -> str:
        """Return the address of the results in a county of the city; "" for towns and communities."""
        if division is None or division.level != Division.Level.COUNTY:
            return ""
        return f"{self.request.path}?{urlencode({'question': self.question, 'county': division.code})}"


class _SurveyForm(FormPage):
    """The form of a survey; of a new one `survey` is None."""

    requires = MAY_RUN
    help_at = ANCHOR
    form_class = SurveyForm
    survey: Survey | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the survey and the divisions to choose from."""
        divisions = list(divisions_with_surveys_of(self.request.user))
        return {**super().get_form_kwargs(), "divisions": divisions, "survey": self.survey}

    def get_success_url(self) -> str:
        """Return the survey's page, before it is saved the list."""
        return self.survey.get_absolute_url() if self.survey is not None else reverse("participation:surveys")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the survey."""
        if self.survey is None:
            return [list_crumb()]
        return [list_crumb(), Crumb(str(self.survey), self.survey.get_absolute_url())]


class NewSurvey(_SurveyForm):
    """A new survey, which begins as a draft."""

    title = "新增调查"

    def load(self) -> None:
        """Load nothing."""

    def act(self, form: SurveyForm) -> str:
        """Create the survey."""
        self.survey = save_survey(by=self.request.user, fields=form.values())
        return "调查已保存为草稿，点“开始填报”后就可以填各社区的结果。"


class EditSurvey(_SurveyForm):
    """Changing a survey that is not closed."""

    title = "修改调查"
    unavailable_message = "调查已结束，不能再修改；确需修改的，请先“重新填报”。"

    def load(self) -> None:
        """Load the survey; raises Http404 for one of another area."""
        visible = Survey.objects.visible_to(self.request.user).select_related("division")
        self.survey = visible.filter(ref=self.kwargs["ref"]).first()
        if self.survey is None:
            raise Http404("No such survey in the user's area.")

    def is_available(self) -> bool:
        """Return whether the survey may still be changed."""
        return self.survey is not None and self.survey.state != Survey.State.CLOSED

    def act(self, form: SurveyForm) -> str:
        """Change the survey."""
        version = form.cleaned_data["version"]
        self.survey = save_survey(by=self.request.user, fields=form.values(), ref=self.kwargs["ref"], version=version)
        return "已保存。"


class SurveyMovePage(MovePage):
    """One step of a survey: 开始填报, 结束调查, 重新填报."""

    help_at = ANCHOR
    requires = MAY_RUN
    flow = FLOW
    queryset: ClassVar[QuerySet[Any]] = Survey.objects.all()

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the survey."""
        return [list_crumb(), *super().get_crumbs()]
