"""The tables of surveys, of their counts, and of activities."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables

from changzhi_portal.grades import GRADE_FIELDS
from changzhi_portal.pages.tables import AmountColumn, DayColumn, NumberColumn, RegisterTable, ShortColumn
from communities.tables import PlaceColumn, PlacedTable, county_of, link_to, names_of_place, town_of
from participation.models import Activity, Survey, SurveyCount


class SurveyTable(RegisterTable):
    """Surveys with their days and state."""

    caption: ClassVar[str] = "调查"
    default_order: ClassVar[str] = "-ends_on"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "name", "kind", "division__name", "starts_on", "ends_on", "method", "by_third_party", "state"),
    )
    optional: ClassVar[tuple[str, ...]] = ("by_third_party",)

    name = tables.Column("调查名称", orderable=False, linkify=True)
    kind = ShortColumn("类别", accessor="get_kind_display", order_by="kind")
    division = ShortColumn("组织单位", accessor="division__name", order_by="division__code")
    starts_on = DayColumn("开始日期")
    ends_on = DayColumn("截止日期")
    method = ShortColumn("方式", accessor="get_method_display", order_by="method")
    by_third_party = ShortColumn("第三方调查")
    state = ShortColumn("状态", accessor="get_state_display", order_by="state")
    reported = NumberColumn("已填报社区", accessor="reported")

    class Meta(RegisterTable.Meta):
        model = Survey
        fields = ()

    def render_by_third_party(self, value: bool) -> str:
        """Return 是 or 否."""
        return "是" if value else "否"


class SurveyCountTable(RegisterTable):
    """Counts with their survey and community."""

    caption: ClassVar[str] = "调查结果"
    default_order: ClassVar[str] = "community"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "survey__ref", "survey__name", "community__name", "community__code", "community__sort_key"),
        *("community__town__name", "question", "sent", *GRADE_FIELDS.values(), "do_not_know", "chosen"),
    )

    question = tables.Column("题目", linkify=True)
    community = ShortColumn("社区", accessor="community__name", order_by="community__sort_key")
    town = ShortColumn("街道（乡镇）", accessor="community__town__name", order_by="community__town__code")
    survey = tables.Column("调查", accessor="survey__name", orderable=False)
    sent = NumberColumn("发放（份）")
    very_satisfied = NumberColumn("非常满意")
    satisfied = NumberColumn("满意")
    fairly_satisfied = NumberColumn("基本满意")
    dissatisfied = NumberColumn("不满意")
    very_dissatisfied = NumberColumn("非常不满意")
    do_not_know = NumberColumn("不了解")
    chosen = NumberColumn("选择数")

    class Meta(RegisterTable.Meta):
        model = SurveyCount
        fields = ()


class ActivityTable(PlacedTable):
    """Activities with their place and numbers, the newest first."""

    caption: ClassVar[str] = "活动"
    default_order: ClassVar[str] = "-held_on"
    optional: ClassVar[tuple[str, ...]] = ("audience", "project", "note")
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "held_on", "title", "kind", "participants", "audience", "households", "volunteers", "volunteer_hours"),
        *("note", "organization__name", "project__number", "community__ref", "community__name"),
        *(*names_of_place("community__town"), *names_of_place("division")),
    )

    title = tables.Column("活动名称", orderable=False, linkify=True)
    held_on = DayColumn("活动日期")
    kind = ShortColumn("活动类型", accessor="get_kind_display", order_by="kind")
    county = PlaceColumn("县（市、区）", county_of)
    town = PlaceColumn("街道（乡镇）", town_of)
    community = tables.Column(
        "社区", accessor="community__name", order_by="community__sort_key", linkify=link_to("community")
    )
    organization = tables.Column("开展组织", accessor="organization__name", orderable=False)
    participants = NumberColumn("参加人数")
    households = NumberColumn("帮扶户数")
    volunteers = NumberColumn("志愿者人数")
    volunteer_hours = AmountColumn("志愿服务时长（小时）")
    audience = tables.Column("服务对象", orderable=False)
    project = ShortColumn("项目编号", accessor="project__number", orderable=False)
    note = tables.Column("备注", orderable=False)

    class Meta(RegisterTable.Meta):
        model = Activity
        fields = ()
