"""项目评估: the list of reviews, and one review."""

from __future__ import annotations

from changzhi_portal.display import DASH, display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from communities.tables import county_of
from communities.views import crumbs_of_place
from services.filters import ReviewFilterSet
from services.forms import ReviewFilterForm
from services.models import Review
from services.tables import ReviewTable

TITLE = "项目评估"
HELP = "购买服务"


class ReviewList(ListPage):
    """项目评估: reviews of the projects of the area."""

    requires = "may_see_registers"
    help_at = HELP
    title = TITLE
    queryset = Review.objects.select_related("project__division")
    filterset = ReviewFilterSet
    form = ReviewFilterForm
    export_register = "reviews"
    table = ReviewTable
    empty_advice = "还没有项目评估。有评估和验收的，上传登记表，或者在项目页面登记。"


class ReviewDetail(DetailPage):
    """One review of a project."""

    requires = "may_see_registers"
    help_at = HELP
    queryset = Review.objects.select_related("project__division__parent")
    list_url_name = "services:reviews"
    list_title = TITLE
    facts = ("kind", "reviewed_on", "score", "reviewer", "note")

    def get_places(self) -> list[Crumb]:
        """Return the county, and the town of a town's project."""
        return crumbs_of_place(self.record.project, self.list_url_name) if hasattr(self, "record") else []

    def get_facts(self) -> list[Fact]:
        """Add the project and the grade."""
        review = self.record
        project = Fact("项目", f"{review.project.number} {review.project}", review.project.get_absolute_url())
        kind, day, score, *rest = super().get_facts()
        county = Fact("县（市、区）", display_value(county_of(review.project)))
        return [county, project, kind, day, score, Fact("等级", review.grade_label or DASH), *rest]
