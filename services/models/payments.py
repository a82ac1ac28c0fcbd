"""Payments (经费): what was paid, from which source, for what (docs/domain.md §14.3)."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import DecimalField, OuterRef, Q, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Round

from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from services.models.projects import ServiceProject

YUAN: Final[DecimalField] = DecimalField(max_digits=16, decimal_places=2)


def exact(expression: Combinable) -> Round:
    """Return a sum of money with two decimals: SQLite adds decimals up as floats (docs/domain.md §5)."""
    return Round(expression, precision=2, output_field=YUAN)


class PaymentQuerySet(ScopedQuerySet):
    """Queries of payments."""

    def until(self, day: datetime.date) -> Self:
        """Filter for what was paid by a day."""
        return self.filter(paid_on__lte=day)

    def total(self) -> Decimal:
        """Return the sum in yuan, exact to the fen."""
        found = self.order_by().aggregate(total=Sum("amount"))["total"]
        return Decimal(0) if found is None else Decimal(found).quantize(Decimal("0.01"))


class Payment(Record, ScopedModel):
    """One payment of a division, in yuan: for a project, or for a community, an organization, a facility and so on.

    It is a fact of its day: it stays with the division that has paid (`division`) and the community that the money was
    for (`used_in`), which may lie elsewhere. Names of private
    donors are never kept: their money is one sum (个人捐赠合计).
    """

    class Purpose(models.TextChoices):
        """用途."""

        PURCHASE = "purchase", "购买服务"
        VENTURE = "venture", "公益创投"
        FACILITY = "facility", "设施建设"
        ORGANIZATION = "organization", "组织扶持"
        TALENT = "talent", "社工人才"
        COMMUNITY = "community", "社区经费"
        ACTIVITY = "activity", "活动"
        PLATFORM = "platform", "信息平台"

    class Payer(models.TextChoices):
        """出资方."""

        CITY = "city", "市财政"
        COUNTY = "county", "县财政"
        TOWN = "town", "乡镇"
        RESIDENT_UNIT = "resident_unit", "驻区单位"
        CHARITY = "charity", "慈善组织"
        COMPANY = "company", "企业"
        DONORS = "donors", "个人捐赠合计"

    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="payments", verbose_name="所属区划"
    )
    voucher = models.CharField("凭证号", max_length=40)
    paid_on = models.DateField("支付日期")
    amount = models.DecimalField("金额（元）", max_digits=14, decimal_places=2)
    source = models.CharField("资金来源", max_length=16, choices=ServiceProject.FundingSource)
    purpose = models.CharField("用途", max_length=16, choices=Purpose)
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, null=True, blank=True, related_name="payments", verbose_name="项目"
    )
    instalment = models.PositiveSmallIntegerField("期次", null=True, blank=True)
    used_in = models.ForeignKey(
        "communities.Community", models.PROTECT, null=True, blank=True, related_name="payments", verbose_name="用于社区"
    )
    payer = models.CharField("出资方", max_length=16, choices=Payer, blank=True, default="")
    note = models.CharField("备注", max_length=500, blank=True, default="")

    record_page: ClassVar[str] = "services:payment_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "经费支付"
        ordering = ("-paid_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "voucher"],
                name="payment_voucher_once_in_division",
                violation_error_message="本单位已有此凭证号。",
            ),
            models.UniqueConstraint(
                fields=["project", "instalment"],
                condition=Q(project__isnull=False, instalment__isnull=False),
                name="payment_instalment_once",
                violation_error_message="这个项目的这一期已经登记过，请核对期次。",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="payment_amount_above_zero",
                violation_error_code="bad_number",
                violation_error_message="金额要大于0，没有支付的不用登记。",
            ),
            models.CheckConstraint(
                condition=Q(instalment__isnull=True) | Q(instalment__gte=1),
                name="payment_instalment_from_one",
                violation_error_code="bad_number",
                violation_error_message="期次从1开始。",
            ),
            models.CheckConstraint(
                condition=Q(instalment__isnull=True) | Q(project__isnull=False),
                name="payment_instalment_of_project",
                violation_error_message="有期次的要写明项目编号。",
            ),
        )

    def __str__(self) -> str:
        return self.voucher


def paid_in_all(*conditions: Q) -> Coalesce:
    """Return the expression of what was paid for a project, in yuan; 0 without a payment."""
    payments = Payment.objects.filter(*conditions, project=OuterRef("pk")).order_by()
    summed = payments.values("project").annotate(total=exact(Sum("amount"))).values("total")
    return Coalesce(Subquery(summed, output_field=YUAN), Value(Decimal(0), output_field=YUAN))
