"""The table of service points."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables

from changzhi_portal.display import display_value
from changzhi_portal.pages.tables import NumberColumn, RegisterTable, SpanColumn, YesNoColumn
from communities.models import ServicePoint
from communities.tables import PlaceColumn, PlacedTable, county_of, link_to, names_of_place, town_of


class PointTable(PlacedTable):
    """Service points with the place that they serve."""

    caption: ClassVar[str] = "服务站点"
    default_order: ClassVar[str] = "community"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "name", "functions", "windows", "accepts_all", "posts", "opened_on", "closed_on"),
        *("community__ref", "community__name", *names_of_place("community__town"), *names_of_place("division")),
    )

    name = tables.Column("名称", linkify=True, orderable=False)
    community = tables.Column(
        "社区", accessor="community__name", order_by="community__sort_key", linkify=link_to("community")
    )
    county = PlaceColumn("县（市、区）", county_of)
    town = PlaceColumn("街道（乡镇）", town_of)
    functions = tables.Column("功能", accessor="function_labels", orderable=False)
    windows = NumberColumn("窗口数")
    accepts_all = YesNoColumn("全科受理")
    posts = NumberColumn("社工岗位数")
    opened_on = SpanColumn("使用期间", until="closed_on")

    class Meta(RegisterTable.Meta):
        model = ServicePoint
        fields = ()

    def render_functions(self, record: ServicePoint) -> str:
        """Return the labels of the functions."""
        return display_value(record.function_labels)
