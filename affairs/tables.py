"""The tables of items and routes."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables

from affairs.models import Item, ItemRoute
from changzhi_portal.pages.tables import NumberColumn, RegisterTable, ShortColumn, SpanColumn, YesNoColumn
from communities.tables import link_to


class ItemTable(RegisterTable):
    """Items with the limits and the reach of the version that holds today, in working days."""

    caption: ClassVar[str] = "公共服务事项"
    default_order: ClassVar[str] = "code"
    optional: ClassVar[tuple[str, ...]] = ("catalogue_code", "basis")
    code = ShortColumn("事项编码")
    name = tables.Column("名称", orderable=False, linkify=True)
    kind = ShortColumn("类型", accessor="get_kind_display", order_by="kind")
    audience = ShortColumn("服务对象", accessor="get_audience_display", order_by="audience")
    mode = ShortColumn("办件类型", accessor="current__get_mode_display", order_by="current__mode")
    legal_days = NumberColumn("法定时限（工作日）", accessor="current__legal_days", order_by="current__legal_days")
    promised_days = NumberColumn(
        "承诺时限（工作日）", accessor="current__promised_days", order_by="current__promised_days"
    )
    reach = ShortColumn("在哪里受理", accessor="current__get_reach_display", order_by="current__reach")
    state = ShortColumn("状态", accessor="get_state_display", order_by="state")
    catalogue_code = ShortColumn("基本编码")
    basis = tables.Column("设定依据", accessor="current__basis", orderable=False)

    class Meta(RegisterTable.Meta):
        model = Item
        fields = ()

    def render_state(self, value: str, record: Item) -> str:
        """Return the state; of what is in use without a version that holds today, that it is not accepted now."""
        is_idle = record.state == Item.State.IN_USE and record.current is None  # type: ignore[attr-defined]  # annotated
        return "现在不受理" if is_idle else value


class RouteTable(RegisterTable):
    """Routes with item, place and department."""

    caption: ClassVar[str] = "实施清单"
    default_order: ClassVar[str] = "item"
    optional: ClassVar[tuple[str, ...]] = ("implementation_code",)
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "item__ref", "item__code", "item__name", "division__name", "department__name", "promised_days"),
        *("is_entered", "state", "valid_from", "valid_to", "implementation_code"),
    )

    item = ShortColumn(
        "事项编码", accessor="item__code", order_by="item__code", linkify=lambda record: record.get_absolute_url()
    )
    name = tables.Column("名称", accessor="item__name", orderable=False, linkify=link_to("item"))
    division = ShortColumn("所属区划", accessor="division__name", order_by="division__code")
    department = tables.Column("承办部门", accessor="department__name", orderable=False)
    promised_days = NumberColumn("承诺时限（工作日）")
    is_entered = YesNoColumn("进驻综合窗口")
    state = ShortColumn("状态", accessor="get_state_display", order_by="state")
    valid_from = SpanColumn("起止", until="valid_to")
    implementation_code = ShortColumn("实施编码")

    class Meta(RegisterTable.Meta):
        model = ItemRoute
        fields = ()
