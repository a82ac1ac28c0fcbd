"""Tables of communities and facilities, and the place columns of other registers' tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import django_tables2 as tables
from django_tables2.utils import A

from changzhi_portal.display import display_value
from changzhi_portal.pages.tables import DayColumn, MonthColumn, NumberColumn, RegisterTable, ShortColumn, SpanColumn
from changzhi_portal.rights import Actor
from communities.models import Community, Division, Facility, MonthlyCount, MonthlyReport


def county_of(record: Any) -> Division | None:
    """Return the county of a record, from its community or its division; None for a record of the city."""
    community = getattr(record, "community", None)
    division = community.town if community is not None else record.division
    if division.level == Division.Level.TOWN:
        return division.parent
    return division if division.level == Division.Level.COUNTY else None


def town_of(record: Any) -> Division | None:
    """Return the town of a record; None for a record of a whole county or city."""
    community = getattr(record, "community", None)
    division = community.town if community is not None else record.division
    return division if division.level == Division.Level.TOWN else None


def names_of_place(lookup: str) -> tuple[str, ...]:
    """Return the fields that `county_of` and `town_of` read of the division that a lookup leads to."""
    return (f"{lookup}__level", f"{lookup}__name", f"{lookup}__parent__level", f"{lookup}__parent__name")


def link_to(accessor: str) -> Callable[[Any], str | None]:
    """Return the `linkify` of a column that shows a related record: the address of that record, None without one."""
    find = A(accessor)

    def address(record: Any) -> str | None:
        related = find.resolve(record, quiet=True)
        return related.get_absolute_url() if related is not None else None

    return address


class PlaceColumn(tables.Column):
    """The county or town of a record that belongs to a community or directly to a division.

    `of` names the related record that has the place, if it is not the row itself. Not sortable, because the place is
    reached through either of two relations.
    """

    def __init__(self, header: str, find: Callable[[Any], Division | None], *, of: str = "") -> None:
        super().__init__(header, orderable=False, empty_values=())
        self.find = find
        self.of = of

    def render(self, record: Any) -> str:
        """Return the division's name, or a dash."""
        placed = getattr(record, self.of) if self.of else record
        return display_value(self.find(placed) if placed is not None else None)


class PlacedTable(RegisterTable):
    """A table with place columns, which are hidden where they would be the same in every row."""

    @classmethod
    def redundant_for(cls, user: Actor) -> tuple[str, ...]:
        """Return the columns to hide: the county for a user of a county, county and town for a user of a town."""
        level = user.division.level
        if level == Division.Level.TOWN:
            return ("county", "town")
        return ("county",) if level == Division.Level.COUNTY else ()


class CommunityTable(PlacedTable):
    """Communities with their newest population."""

    caption: ClassVar[str] = "社区"
    default_order: ClassVar[str] = "code"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "name", "code", "kind", "is_virtual", "closed_on"),
        *("town__name", "town__parent__name"),
    )

    name = tables.Column("社区名称", order_by="sort_key", linkify=True)
    code = ShortColumn("社区代码")
    county = tables.Column("县（市、区）", accessor="town__parent__name", order_by="town__parent__code")
    town = tables.Column("街道（乡镇）", accessor="town__name", order_by="town__code")
    kind = ShortColumn("类型", accessor="get_kind_display", order_by="kind", empty_values=(None, ""))
    households = NumberColumn("户数", accessor="newest_households")
    residents = NumberColumn("常住人口", accessor="newest_residents")
    counted_on = DayColumn("数据日期", accessor="newest_as_of")
    bodies = tables.Column("组织健全", accessor="verdict_in_words", orderable=False)

    class Meta(RegisterTable.Meta):
        model = Community
        fields = ()

    def render_name(self, record: Community) -> str:
        """Return the name, marked if the community is closed or virtual."""
        marks = [word for word, holds in (("虚拟", record.is_virtual), ("已撤销", record.closed_on)) if holds]
        return f"{record.name}（{'、'.join(marks)}）" if marks else record.name


class FacilityTable(PlacedTable):
    """Facilities with the community they serve."""

    caption: ClassVar[str] = "服务设施"
    default_order: ClassVar[str] = "town"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "name", "kind", "area", "activity_area", "tenure", "opened_on", "closed_on"),
        *("community__ref", "community__name", "community__town__name", "community__town__parent__name"),
    )

    name = tables.Column("设施名称", linkify=True, orderable=False)
    community = tables.Column(
        "社区",
        accessor="community__name",
        order_by="community__sort_key",
        linkify=link_to("community"),
    )
    county = tables.Column("县（市、区）", accessor="community__town__parent__name", order_by="community__code")
    town = tables.Column("街道（乡镇）", accessor="community__town__name", order_by="community__code")
    kind = ShortColumn("设施类型", accessor="get_kind_display", order_by="kind")
    area = NumberColumn("建筑面积（㎡）")
    activity_area = NumberColumn("居民活动面积（㎡）")
    tenure = ShortColumn("产权", accessor="get_tenure_display", order_by="tenure")
    opened_on = SpanColumn("使用期间", until="closed_on")

    class Meta(RegisterTable.Meta):
        model = Facility
        fields = ()


_LABELS = {kind.value: str(kind.label) for kind in MonthlyCount.Kind}


class MonthlyReportTable(PlacedTable):
    """Monthly reports with their counts, the newest month first."""

    caption: ClassVar[str] = "社区月报"
    default_order: ClassVar[str] = "-month"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "month", "community__ref", "community__name"),
        *("community__town__name", "community__town__parent__name"),
    )

    community = tables.Column(
        "社区", accessor="community__name", order_by="community__sort_key", linkify=link_to("community")
    )
    month = MonthColumn("月份", linkify=True)
    county = tables.Column("县（市、区）", accessor="community__town__parent__name", order_by="community__code")
    town = tables.Column("街道（乡镇）", accessor="community__town__name", order_by="community__code")
    signs_outside = NumberColumn(_LABELS["signs_outside"])
    signs_inside = NumberColumn(_LABELS["signs_inside"])
    ledgers = NumberColumn(_LABELS["ledgers"])
    meetings = NumberColumn(_LABELS["meetings"])
    inspections = NumberColumn(_LABELS["inspections"])
    certificates = NumberColumn(_LABELS["certificates"])
    leaders = NumberColumn(_LABELS["leaders"])

    class Meta(RegisterTable.Meta):
        model = MonthlyReport
        fields = ()
