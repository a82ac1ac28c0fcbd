"""The tables of projects, of what is due, of the catalogue, reviews and payments."""

from __future__ import annotations

from typing import ClassVar

import django_tables2 as tables

from changzhi_portal.pages.tables import (
    AmountColumn,
    DayColumn,
    NumberColumn,
    RegisterTable,
    ShortColumn,
    SpanColumn,
    YesNoColumn,
)
from communities.tables import link_to
from services.models import CatalogueItem, Payment, Review, ServiceProject
from services.stages import STAGE_OF


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


class DueTable(RegisterTable):
    """Projects of which something is due, with what and why."""

    caption: ClassVar[str] = "购买服务待办"
    default_order: ClassVar[str] = "ends_on"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "number", "name", "division__name", "provider_name", "contract_amount", "starts_on", "ends_on"),
        "status",
    )

    number = ShortColumn("项目编号")
    name = tables.Column("项目名称", orderable=False, linkify=True)
    stage = ShortColumn("待办", accessor="stage", orderable=False)
    reason = tables.Column("原因", accessor="stage", orderable=False)
    division = ShortColumn("所属区划", accessor="division__name", order_by="division__code")
    provider_name = tables.Column("承接主体", orderable=False)
    contract_amount = NumberColumn("合同金额（元）")
    paid_total = AmountColumn("累计支付（元）", accessor="paid_total")
    ends_on = DayColumn("结束日期")
    status = ShortColumn("状态", accessor="get_status_display", order_by="status")

    class Meta(RegisterTable.Meta):
        model = ServiceProject
        fields = ()

    def render_stage(self, value: str) -> str:
        """Return what is to be done."""
        return STAGE_OF[value].label

    def render_reason(self, value: str) -> str:
        """Return why."""
        return STAGE_OF[value].reason


class CatalogueTable(RegisterTable):
    """Lines of the purchase catalogue."""

    caption: ClassVar[str] = "购买清单"
    default_order: ClassVar[str] = "code"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "code", "name", "field", "finance_code", "prefers_organizations", "division__name"),
        *("valid_from", "valid_to"),
    )

    code = ShortColumn("清单编号")
    name = tables.Column("服务事项", orderable=False, linkify=True)
    field = ShortColumn("服务领域", accessor="get_field_display", order_by="field")
    division = ShortColumn("所属区划", accessor="division__name", order_by="division__code")
    finance_code = ShortColumn("目录代码")
    prefers_organizations = YesNoColumn("优先社会组织")
    valid_from = SpanColumn("起止", until="valid_to")

    class Meta(RegisterTable.Meta):
        model = CatalogueItem
        fields = ()


class ReviewTable(RegisterTable):
    """Reviews with their project and the grade of the score."""

    caption: ClassVar[str] = "项目评估"
    default_order: ClassVar[str] = "-reviewed_on"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "kind", "reviewed_on", "score", "reviewer", "project__ref", "project__number", "project__name"),
        "project__division__name",
    )

    reviewed_on = DayColumn("评估日期", linkify=True)
    kind = ShortColumn("评估类型", accessor="get_kind_display", order_by="kind")
    number = ShortColumn("项目编号", accessor="project__number", order_by="project__number")
    project = tables.Column("项目名称", accessor="project__name", orderable=False, linkify=link_to("project"))
    division = ShortColumn("所属区划", accessor="project__division__name", order_by="project__division__code")
    score = AmountColumn("得分")
    grade = ShortColumn("等级", accessor="grade_label", order_by="score")
    reviewer = ShortColumn("评估方", accessor="get_reviewer_display", order_by="reviewer")

    class Meta(RegisterTable.Meta):
        model = Review
        fields = ()


class PaymentTable(RegisterTable):
    """Payments, in yuan."""

    caption: ClassVar[str] = "经费支付"
    default_order: ClassVar[str] = "-paid_on"
    optional: ClassVar[tuple[str, ...]] = ("payer", "used_in")
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "voucher", "paid_on", "amount", "source", "purpose", "instalment", "payer", "division__name"),
        *("project__number", "used_in__name"),
    )

    voucher = ShortColumn("凭证号", linkify=True)
    paid_on = DayColumn("支付日期")
    division = ShortColumn("所属区划", accessor="division__name", order_by="division__code")
    amount = NumberColumn("金额（元）")
    source = ShortColumn("资金来源", accessor="get_source_display", order_by="source")
    purpose = ShortColumn("用途", accessor="get_purpose_display", order_by="purpose")
    project = ShortColumn("项目编号", accessor="project__number", order_by="project__number")
    instalment = NumberColumn("期次")
    payer = ShortColumn("出资方", accessor="get_payer_display", order_by="payer")
    used_in = ShortColumn("用于社区", accessor="used_in__name", order_by="used_in__code")

    class Meta(RegisterTable.Meta):
        model = Payment
        fields = ()
