"""服务站点: the list, and one point's page."""

from __future__ import annotations

from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import ListPage
from communities.models import ServicePoint
from communities.points.filters import PointFilterForm, PointFilterSet
from communities.points.tables import PointTable
from communities.views import PlacedDetailPage


class PointList(ListPage):
    """The list of 服务站点."""

    requires = "may_see_registers"
    title = "服务站点"
    queryset = ServicePoint.objects.with_place()
    filterset = PointFilterSet
    form = PointFilterForm
    export_register = "points"
    table = PointTable


class PointDetail(PlacedDetailPage):
    """One service point."""

    requires = "may_see_registers"
    queryset = ServicePoint.objects.with_place()
    list_url_name = "communities:point_list"
    list_title = "服务站点"
    facts = ("windows", "accepts_all", "posts", "opened_on", "closed_on", "note")

    def get_facts(self) -> list[Fact]:
        """Return the facts with the labels of the functions added."""
        return [*super().get_facts(), Fact("功能", display_value(self.record.function_labels))]
