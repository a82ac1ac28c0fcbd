"""The tables of documents and stories."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables

from changzhi_portal.pages.tables import DayColumn, RegisterTable, ShortColumn, SpanColumn
from communities.tables import PlaceColumn, PlacedTable, county_of, link_to, names_of_place, town_of
from practice.models import Document, Story


class DocumentTable(PlacedTable):
    """Documents with who issued them and how long they hold."""

    caption: ClassVar[str] = "制度文件"
    default_order: ClassVar[str] = "-issued_on"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "title", "number", "kind", "issued_on", "valid_to"),
        *("community__ref", "community__name", *names_of_place("community__town"), *names_of_place("division")),
    )

    title = tables.Column("标题", linkify=True, orderable=False)
    number = ShortColumn("文号")
    kind = ShortColumn("类别", accessor="get_kind_display", order_by="kind")
    county = PlaceColumn("县（市、区）", county_of)
    town = PlaceColumn("街道（乡镇）", town_of)
    community = tables.Column(
        "社区", accessor="community__name", order_by="community__sort_key", linkify=link_to("community")
    )
    issued_on = SpanColumn("有效期间", until="valid_to")

    class Meta(RegisterTable.Meta):
        model = Document
        fields = ()


class StoryTable(RegisterTable):
    """Stories with their office, state and clause."""

    caption: ClassVar[str] = "宣传与案例"
    default_order: ClassVar[str] = "-on"
    optional: ClassVar[tuple[str, ...]] = ("level", "outlet", "submitted_on")
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "title", "kind", "on", "division__name", "community__name", "clause", "outlet", "level", "state"),
        *("submitted_on", "chosen_on"),
    )

    title = tables.Column("标题", linkify=True, orderable=False)
    kind = ShortColumn("类别", accessor="get_kind_display", order_by="kind")
    on = DayColumn("日期")
    division = ShortColumn("报送单位", accessor="division__name", order_by="division__code")
    community = ShortColumn("社区", accessor="community__name", order_by="community__sort_key")
    clause = ShortColumn("对应条款", order_by="clause_position")
    outlet = tables.Column("刊播媒体", orderable=False)
    level = ShortColumn("级别", accessor="get_level_display", order_by="level")
    state = ShortColumn("状态", accessor="get_state_display", order_by="state")
    submitted_on = DayColumn("报送日期")
    chosen_on = DayColumn("入选日期")

    class Meta(RegisterTable.Meta):
        model = Story
        fields = ()


class LibraryTable(RegisterTable):
    """The chosen ones by clause, with what they say in short."""

    caption: ClassVar[str] = "案例库"
    default_order: ClassVar[str] = "clause,-chosen_on"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "title", "kind", "division__name", "clause", "summary", "chosen_on", "on"),
    )

    clause = tables.Column("对应条款", accessor="get_clause_display", order_by="clause_position")
    title = tables.Column("标题", linkify=True, orderable=False)
    kind = ShortColumn("类别", accessor="get_kind_display", order_by="kind")
    division = ShortColumn("报送单位", accessor="division__name", order_by="division__code")
    summary = tables.Column("摘要", orderable=False)
    chosen_on = DayColumn("入选日期")

    class Meta(RegisterTable.Meta):
        model = Story
        fields = ()
