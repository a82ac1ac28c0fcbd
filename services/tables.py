"""The table of purchased-service projects."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables

from changzhi_portal.pages.tables import NumberColumn, RegisterTable, ShortColumn, SpanColumn
from services.models import ServiceProject


class ProjectTable(RegisterTable):
    """Projects with their money, in yuan."""

    caption: ClassVar[str] = "购买服务项目"
    default_order: ClassVar[str] = "number"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "number", "name", "division__name", "provider_name", "field", "budget", "contract_amount", "paid"),
        *("starts_on", "ends_on", "status"),
    )

    number = ShortColumn("项目编号")
    name = tables.Column("项目名称", orderable=False, linkify=True)
    division = ShortColumn("所属区划", accessor="division__name", order_by="division__code")
    provider_name = tables.Column("承接主体", orderable=False)
    field = ShortColumn("服务领域", accessor="get_field_display", order_by="field")
    budget = NumberColumn("预算金额（元）")
    contract_amount = NumberColumn("合同金额（元）")
    paid = NumberColumn("已拨付（元）")
    starts_on = SpanColumn("服务期间", until="ends_on")
    status = ShortColumn("状态", accessor="get_status_display", order_by="status")

    class Meta(RegisterTable.Meta):
        model = ServiceProject
        fields = ()
