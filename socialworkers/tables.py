"""The tables of social workers, trainings, hours and posts."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables

from changzhi_portal.display import DASH
from changzhi_portal.pages.tables import (
    AmountColumn,
    DayColumn,
    NumberColumn,
    RegisterTable,
    ShortColumn,
    SpanColumn,
    YesNoColumn,
)
from changzhi_portal.percent import percent, percent_text
from communities.models import Division
from communities.tables import PlaceColumn, PlacedTable, county_of, link_to, names_of_place, town_of
from socialworkers.models import SocialWorker, Training, TrainingRecord

# What is computed of the registration's hours, where it is asked for.
OF_HOURS = ("counted", "required", "missing")


class WorkerTable(PlacedTable):
    """Workers with their newest posting; ID numbers are masked."""

    caption: ClassVar[str] = "社会工作者"
    default_order: ClassVar[str] = "name"
    optional: ClassVar[tuple[str, ...]] = ("registered_until", *OF_HOURS)

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
    registered_until = DayColumn("登记有效期至")
    counted = AmountColumn("已计学时")
    required = AmountColumn("应有学时", orderable=False)
    missing = AmountColumn("还差学时")

    class Meta(RegisterTable.Meta):
        model = SocialWorker
        fields = ()

    def render_gender(self, value: str) -> str:
        """Return the gender as text, or a dash."""
        return value or DASH


class TrainingTable(PlacedTable):
    """Trainings, the newest first."""

    caption: ClassVar[str] = "培训"
    default_order: ClassVar[str] = "-ends_on"
    optional: ClassVar[tuple[str, ...]] = ("party_members", "committee_members", "community_workers", "service_staff")
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "number", "name", "kind", "starts_on", "ends_on", "hours"),
        *("party_members", "committee_members", "community_workers", "service_staff"),
        *names_of_place("division"),
    )

    name = tables.Column("名称", linkify=True, orderable=False)
    number = ShortColumn("编号")
    kind = ShortColumn("培训类型", accessor="get_kind_display", order_by="kind")
    ends_on = DayColumn("结束日期")
    hours = AmountColumn("学时")
    county = PlaceColumn("县（市、区）", county_of)
    town = PlaceColumn("街道（乡镇）", town_of)
    people = NumberColumn("参加人数", orderable=False)
    party_members = NumberColumn("党组织成员")
    committee_members = NumberColumn("自治组织成员")
    community_workers = NumberColumn("社区专职工作者")
    service_staff = NumberColumn("服务人员")

    class Meta(RegisterTable.Meta):
        model = Training
        fields = ()


class TrainingRecordTable(RegisterTable):
    """Hours of people, the newest record first and in no other order, because only that is quick among a million."""

    caption: ClassVar[str] = "培训学时"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "hours", "worker__ref", "worker__name", "worker__id_number"),
        *("training__ref", "training__number", "training__name", "training__kind", "training__ends_on"),
    )

    worker = ShortColumn("姓名", accessor="worker__name", linkify=True, orderable=False)
    id_number = ShortColumn("身份证号", accessor="worker__id_number", orderable=False)
    training = tables.Column("培训", accessor="training__name", linkify=link_to("training"), orderable=False)
    number = ShortColumn("培训编号", accessor="training__number", orderable=False)
    kind = ShortColumn("培训类型", accessor="training__get_kind_display", orderable=False)
    ends_on = DayColumn("结束日期", accessor="training__ends_on", orderable=False)
    hours = AmountColumn("学时", orderable=False)

    class Meta(RegisterTable.Meta):
        model = TrainingRecord
        fields = ()


class PostTable(PlacedTable):
    """Towns that set posts for professionals: how many are filled, how many vacant."""

    caption: ClassVar[str] = "社工岗位"
    default_order: ClassVar[str] = "name"

    name = ShortColumn("街道（乡镇）", order_by="code")
    county = ShortColumn("县（市、区）", accessor="parent__name", order_by="parent__code")
    posts_set = NumberColumn("设岗")
    posts_filled = NumberColumn("在岗专业人才")
    posts_vacant = NumberColumn("空岗")
    rate = ShortColumn("到岗率", accessor="posts_filled", orderable=False)

    class Meta(RegisterTable.Meta):
        model = Division
        fields = ()

    def render_rate(self, record: Division) -> str:
        """Return how many of the posts are filled, in percent; every row sets some."""
        filled, all_posts = record.posts_filled, record.posts_set  # type: ignore[attr-defined]  # annotated
        return percent_text(percent(filled, all_posts))
