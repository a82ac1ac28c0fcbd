"""The tables of social organizations, their filings and what supports them."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

import django_tables2 as tables
from django.utils import timezone

from changzhi_portal.display import DASH
from changzhi_portal.pages.tables import AmountColumn, DayColumn, NumberColumn, RegisterTable, ShortColumn, SpanColumn
from communities.tables import PlaceColumn, PlacedTable, county_of, link_to, names_of_place, town_of
from orgs.models import Filing, SocialOrganization, Support
from periods.workdays import workdays_between


class OrganizationTable(PlacedTable):
    """Organizations with the place that they serve."""

    caption: ClassVar[str] = "社会组织"
    default_order: ClassVar[str] = "name"
    optional: ClassVar[tuple[str, ...]] = ("filing_number", "filed_on", "credit_status")
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "name", "credit_code", "registration", "category", "established_on", "dissolved_on", "leader"),
        *("filing_number", "filed_on", "credit_status"),
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
    filing_number = ShortColumn("备案号")
    filed_on = DayColumn("街道备案日期")
    credit_status = ShortColumn("信用状况", accessor="get_credit_status_display", order_by="credit_status")

    class Meta(RegisterTable.Meta):
        model = SocialOrganization
        fields = ()


class FilingTable(PlacedTable):
    """Filings with the working days left, those due first on top."""

    caption: ClassVar[str] = "社会组织备案"
    default_order: ClassVar[str] = "due_on"
    optional: ClassVar[tuple[str, ...]] = ("leader", "decided_in")
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "kind", "name", "category", "state", "number", "submitted_on", "due_on", "decided_on", "decided_in"),
        *("leader", "members", "community__ref", "community__name", *names_of_place("community__town")),
    )

    name = tables.Column("名称", orderable=False, linkify=True)
    kind = ShortColumn("事项", accessor="get_kind_display", order_by="kind")
    category = ShortColumn("类别", accessor="get_category_display", order_by="category")
    county = PlaceColumn("县（市、区）", county_of)
    town = PlaceColumn("街道（乡镇）", town_of)
    community = tables.Column(
        "社区", accessor="community__name", order_by="community__sort_key", linkify=link_to("community")
    )
    leader = ShortColumn("负责人", orderable=False)
    members = NumberColumn("成员人数")
    submitted_on = DayColumn("收件日期")
    due_on = DayColumn("办理期限")
    left = ShortColumn("还有几个工作日", accessor="due_on", orderable=False)
    state = ShortColumn("状态", accessor="get_state_display", order_by="state")
    number = ShortColumn("备案号")
    decided_on = DayColumn("办结日期")
    decided_in = NumberColumn("办理用时（工作日）")

    class Meta(RegisterTable.Meta):
        model = Filing
        fields = ()

    def render_left(self, value: datetime.date, record: Filing) -> str:
        """Return the working days left, that the limit has passed, or a dash for what does not wait."""
        if record.state != Filing.State.SUBMITTED:
            return DASH
        today = timezone.localdate()
        return "已超期" if value < today else f"{workdays_between(today, value)}天"

    def value_left(self, value: datetime.date, record: Filing) -> Any:
        """Return the same for a file."""
        return self.render_left(value, record)


class SupportTable(PlacedTable):
    """What supports organizations, the newest first."""

    caption: ClassVar[str] = "组织扶持"
    default_order: ClassVar[str] = "-valid_from"
    optional: ClassVar[tuple[str, ...]] = ("note",)
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "kind", "valid_from", "valid_to", "amount", "area", "note", "organization__ref", "organization__name"),
        *("organization__community__ref", "organization__community__name"),
        *names_of_place("organization__community__town"),
        *names_of_place("organization__division"),
    )

    kind = ShortColumn("扶持方式", accessor="get_kind_display", order_by="kind", linkify=True)
    organization = tables.Column(
        "组织", accessor="organization__name", order_by="organization__sort_key", linkify=link_to("organization")
    )
    county = PlaceColumn("县（市、区）", county_of, of="organization")
    town = PlaceColumn("街道（乡镇）", town_of, of="organization")
    community = tables.Column(
        "社区",
        accessor="organization__community__name",
        order_by="organization__community__sort_key",
        linkify=link_to("organization__community"),
    )
    valid_from = SpanColumn("起止", until="valid_to")
    amount = AmountColumn("金额（元）")
    area = AmountColumn("场地面积（㎡）")
    note = tables.Column("备注", orderable=False)

    class Meta(RegisterTable.Meta):
        model = Support
        fields = ()
