"""The table of purchased-service projects."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables
from django_tables2.utils import A

from changzhi_portal.tables import CodeColumn, DayColumn, NumberColumn, RegisterTable
from services.models import ServiceProject


class ProjectTable(RegisterTable):
    """Projects with their money, in yuan."""

    caption: ClassVar[str] = "购买服务项目"
    default_order: ClassVar[str] = "number"

    number = CodeColumn("项目编号")
    name = tables.Column("项目名称", orderable=False, linkify=("services:detail", {"ref": A("ref")}))
    division = tables.Column("所属区划", accessor="division__name", order_by="division__code")
    provider_name = tables.Column("承接主体", orderable=False)
    field = tables.Column("服务领域", accessor="get_field_display", order_by="field")
    budget = NumberColumn("预算金额（元）")
    contract_amount = NumberColumn("合同金额（元）")
    paid = NumberColumn("已拨付（元）")
    starts_on = DayColumn("开始日期")
    ends_on = DayColumn("结束日期")
    status = tables.Column("状态", accessor="get_status_display", order_by="status")

    class Meta(RegisterTable.Meta):
        model = ServiceProject
        fields = ()
