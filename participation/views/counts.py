"""Pages of counts: the list of the register, and one count."""

from __future__ import annotations

from changzhi_portal.facts import Fact
from changzhi_portal.pages import ListPage
from communities.views import PlacedDetailPage
from participation.filters import SurveyCountFilterSet
from participation.forms import SurveyCountFilterForm
from participation.models import Survey, SurveyCount
from participation.tables import SurveyCountTable

TITLE = "调查结果"


class CountList(ListPage):
    """调查结果: the counts of all surveys, by community and question."""

    requires = "may_see_registers"
    help_at = "满意度调查"
    title = TITLE
    queryset = SurveyCount.objects.select_related("survey", "community__town")
    filterset = SurveyCountFilterSet
    form = SurveyCountFilterForm
    export_register = "surveys"
    table = SurveyCountTable


class CountDetail(PlacedDetailPage):
    """The answers of one community to one question."""

    requires = "may_see_registers"
    help_at = "满意度调查"
    queryset = SurveyCount.objects.select_related("survey", "community__town__parent")
    list_url_name = "participation:count_list"
    list_title = TITLE
    facts = (
        *("question", "sent", "very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied"),
        *("very_dissatisfied", "do_not_know", "chosen"),
    )

    def get_facts(self) -> list[Fact]:
        """Add the survey, with a link where the user may see it: a town sees the counts of a county's survey alone."""
        survey: Survey = self.record.survey
        is_seen = Survey.objects.visible_to(self.request.user).filter(pk=survey.pk).exists()
        return [Fact("调查", survey.name, survey.get_absolute_url() if is_seen else ""), *super().get_facts()]
