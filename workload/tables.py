"""The tables of work items, of applications that wait, and of assessments."""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.display import DASH
from changzhi_portal.pages.tables import AmountColumn, DayColumn, NumberColumn, RegisterTable, ShortColumn, SpanColumn
from participation.scores import satisfaction_scores
from periods.workdays import workdays_between
from workload.models import Assessment, WorkItem, assessment_total


class ItemTable(RegisterTable):
    """What may be asked, and what it pays a community and year, in yuan."""

    caption: ClassVar[str] = "社区工作事项"
    default_order: ClassVar[str] = "number"
    optional: ClassVar[tuple[str, ...]] = ("basis", "payment", "conditions", "role")
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "number", "name", "kind", "listed_as", "division__name", "department__name", "applies_to"),
        *("yearly_funds", "valid_from", "valid_to", "state", "basis", "payment", "conditions", "role"),
    )

    number = ShortColumn("编号")
    name = tables.Column("名称", orderable=False, linkify=True)
    kind = ShortColumn("类别", accessor="get_kind_display", order_by="kind")
    listed_as = ShortColumn("清单", accessor="get_listed_as_display", order_by="listed_as")
    division = ShortColumn("所属区划", accessor="division__name", order_by="division__code")
    department = tables.Column("提出部门", accessor="department__name", orderable=False)
    applies_to = ShortColumn("适用", accessor="get_applies_to_display", order_by="applies_to")
    yearly_funds = NumberColumn("每社区年经费（元）")
    valid_from = SpanColumn("起止", until="valid_to")
    state = ShortColumn("状态", accessor="get_state_display", order_by="state")
    role = ShortColumn("居（村）委会角色", accessor="get_role_display", order_by="role")
    basis = tables.Column("依据", orderable=False)
    payment = ShortColumn("拨付方式", accessor="get_payment_display", order_by="payment")
    conditions = tables.Column("人员设备培训", orderable=False)

    class Meta(RegisterTable.Meta):
        model = WorkItem
        fields = ()

    def render_state(self, value: str, record: WorkItem) -> str:
        """Return the state; of what is approved and has not begun, that it has not."""
        waits = record.state == WorkItem.State.APPROVED and record.valid_from > timezone.localdate()
        return "已批准，未开始" if waits else value


class WaitingTable(RegisterTable):
    """Applications that wait for a decision, those due first on top."""

    caption: ClassVar[str] = "等待审定的申请"
    default_order: ClassVar[str] = "due_on"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "number", "name", "kind", "division__name", "department__name", "submitted_on", "due_on"),
    )

    number = ShortColumn("编号")
    name = tables.Column("名称", orderable=False, linkify=True)
    kind = ShortColumn("类别", accessor="get_kind_display", order_by="kind")
    division = ShortColumn("所属区划", accessor="division__name", order_by="division__code")
    department = tables.Column("提出部门", accessor="department__name", orderable=False)
    submitted_on = DayColumn("提交日期")
    due_on = DayColumn("审定期限")
    left = ShortColumn("还有几个工作日", accessor="due_on", orderable=False)
    decide = ShortColumn("办理", accessor="ref", orderable=False, linkify=lambda record: _approval_of(record))

    class Meta(RegisterTable.Meta):
        model = WorkItem
        fields = ()

    def render_left(self, value: datetime.date) -> str:
        """Return the working days left, or that the limit has passed."""
        today = timezone.localdate()
        return "已超期" if value < today else f"{workdays_between(today, value)}天"

    def render_decide(self, value: str) -> str:
        """Return the main move."""
        return "批准"


def _approval_of(record: WorkItem) -> str:
    """Return the address of the page that approves an application."""
    return reverse("workload:move", args=[record.ref, "approve"])


class AssessmentTable(RegisterTable):
    """Scores of communities, with the totals of those whose satisfaction and weight are known."""

    caption: ClassVar[str] = "社区考核"
    default_order: ClassVar[str] = "-year"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "year", "work_score", "community__name", "community__town__name", "community__town__parent__name"),
    )

    community = tables.Column(
        "社区", accessor="community__name", order_by="community__code", linkify=lambda record: record.get_absolute_url()
    )
    county = ShortColumn(
        "县（市、区）", accessor="community__town__parent__name", order_by="community__town__parent__code"
    )
    town = ShortColumn("街道（乡镇）", accessor="community__town__name", order_by="community__town__code")
    year = ShortColumn("年度")
    satisfaction = AmountColumn("居民满意度得分", accessor="community_id", orderable=False)
    work_score = AmountColumn("工作得分")
    total = AmountColumn("总分", accessor="pk", orderable=False)

    class Meta(RegisterTable.Meta):
        model = Assessment
        fields = ()

    @cached_property
    def _scores(self) -> dict[int, dict[int, Decimal]]:
        return {}

    def _satisfaction_of(self, record: Assessment) -> Decimal | None:
        if record.year not in self._scores:
            self._scores[record.year] = satisfaction_scores(record.year)
        return self._scores[record.year].get(record.community_id)

    def render_year(self, value: int) -> str:
        """Return the year without a separator."""
        return str(value)

    def render_satisfaction(self, record: Assessment) -> Any:
        """Return the score of the year's survey, a dash without one."""
        return _shown(self._satisfaction_of(record))

    def render_total(self, record: Assessment) -> Any:
        """Return the total, a dash while satisfaction or weight is unknown."""
        weight = record.weight  # type: ignore[attr-defined]  # annotated
        return _shown(assessment_total(weight, self._satisfaction_of(record), record.work_score))


def _shown(value: Decimal | None) -> str:
    """Return a score with one decimal; a dash for None."""
    return DASH if value is None else f"{value:.1f}"
