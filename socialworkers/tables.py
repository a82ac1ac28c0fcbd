"""The table of social workers."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables

from changzhi_portal.display import DASH
from changzhi_portal.pages.tables import RegisterTable, ShortColumn, SpanColumn, YesNoColumn
from communities.tables import PlaceColumn, PlacedTable, county_of, link_to, town_of
from socialworkers.models import SocialWorker


class WorkerTable(PlacedTable):
    """Workers with their newest posting; ID numbers are masked."""

    caption: ClassVar[str] = "社会工作者"
    default_order: ClassVar[str] = "name"

    name = ShortColumn("姓名", order_by="sort_key", linkify=True)
    gender = ShortColumn("性别", accessor="get_gender_display", order_by="gender")
    id_number = ShortColumn("身份证号", orderable=False)
    county = PlaceColumn("县（市、区）", county_of, of="newest")
    town = PlaceColumn("街道（乡镇）", town_of, of="newest")
    community = tables.Column(
        "社区",
        accessor="newest__community__name",
        order_by="newest__community__sort_key",
        linkify=link_to("newest__community"),
        default="站点",
    )
    position = ShortColumn("岗位", accessor="newest__position", orderable=False)
    level = ShortColumn("职业水平", accessor="get_level_display", order_by="level")
    is_professional = YesNoColumn("专业人才", orderable=False)
    started_on = SpanColumn("在岗", accessor="newest__started_on", until="newest__ended_on")

    class Meta(RegisterTable.Meta):
        model = SocialWorker
        fields = ()

    def render_gender(self, value: str) -> str:
        """Return the gender as text, or a dash."""
        return value or DASH
