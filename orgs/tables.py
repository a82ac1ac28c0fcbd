"""The table of social organizations."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables

from changzhi_portal.pages.tables import NumberColumn, RegisterTable, ShortColumn, SpanColumn
from communities.tables import PlaceColumn, PlacedTable, county_of, link_to, names_of_place, town_of
from orgs.models import SocialOrganization


class OrganizationTable(PlacedTable):
    """Organizations with the place that they serve."""

    caption: ClassVar[str] = "社会组织"
    default_order: ClassVar[str] = "name"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "name", "credit_code", "registration", "category", "established_on", "dissolved_on", "leader"),
        *("member_count", "community__ref", "community__name", *names_of_place("community__town")),
        *names_of_place("division"),
    )

    name = tables.Column("名称", order_by="sort_key", linkify=True)
    credit_code = ShortColumn("统一社会信用代码")
    registration = ShortColumn("管理方式", accessor="get_registration_display", order_by="registration")
    category = ShortColumn("类别", accessor="get_category_display", order_by="category")
    county = PlaceColumn("县（市、区）", county_of)
    town = PlaceColumn("街道（乡镇）", town_of)
    community = tables.Column(
        "社区",
        accessor="community__name",
        order_by="community__sort_key",
        linkify=link_to("community"),
    )
    established_on = SpanColumn("成立", until="dissolved_on")
    leader = ShortColumn("负责人", orderable=False)
    member_count = NumberColumn("成员人数")

    class Meta(RegisterTable.Meta):
        model = SocialOrganization
        fields = ()
