"""Purchased services (政府购买服务) [四（二）1; 四（三）4]: projects and the purchase catalogue."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from changzhi_portal.names import readings
from changzhi_portal.records import FollowsCommunity, Record
from changzhi_portal.scope import ScopedModel


class ServiceField(models.TextChoices):
    """服务领域 [四（二）1]."""

    CULTURE = "culture", "社区文化"
    SPORTS = "sports", "社区体育"
    RELIEF = "relief", "社会救助"
    ELDERLY = "elderly", "社区养老"
    CORRECTION = "correction", "社区矫正"
    OTHER = "other", "其他"


class CatalogueItem(Record, ScopedModel):
    """A line of the purchase catalogue (购买清单): a service that a division may buy [四（二）1]."""

    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="catalogue", verbose_name="所属区划"
    )
    code = models.CharField("编号", max_length=30)
    name = models.CharField("服务事项", max_length=100)
    field = models.CharField("服务领域", max_length=12, choices=ServiceField)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)

    class Meta:
        verbose_name = verbose_name_plural = "购买清单"
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                fields=["division", "code"], name="catalogue_code_once", violation_error_message="清单中已有此编号。"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="catalogue_ends_after_start",
                violation_error_message="止日不能早于起日。",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ServiceProject(Record, ScopedModel):
    """A purchased-service project. Money is in yuan."""

    class Beneficiaries(models.TextChoices):
        """服务对象 [四（三）4]."""

        MIGRANTS = "migrants", "城市流动人口"
        LEFT_BEHIND = "left_behind", "农村留守人员"
        NEEDY = "needy", "困难群众"
        SPECIAL = "special", "特殊人群"
        ALL = "all", "全体居民"

    class PurchaseMethod(models.TextChoices):
        """购买方式."""

        OPEN_TENDER = "open_tender", "公开招标"
        INVITED_TENDER = "invited_tender", "邀请招标"
        NEGOTIATION = "negotiation", "竞争性谈判"
        CONSULTATION = "consultation", "竞争性磋商"
        SINGLE_SOURCE = "single_source", "单一来源"
        INQUIRY = "inquiry", "询价"
        FRAMEWORK = "framework", "框架协议"
        VENTURE = "venture", "公益创投"
        OWN = "own", "自行采购"

    class FundingSource(models.TextChoices):
        """资金来源."""

        GENERAL_BUDGET = "general_budget", "一般公共预算"
        LOTTERY = "lottery", "福彩公益金"
        CHARITY = "charity", "慈善资金"
        RESIDENT_UNIT = "resident_unit", "驻区单位"
        DONATION = "donation", "社会捐赠"
        OTHER = "other", "其他"

    class Status(models.TextChoices):
        """状态."""

        PLANNED = "planned", "拟购买"
        PROCURING = "procuring", "采购中"
        PERFORMING = "performing", "履约中"
        ACCEPTED = "accepted", "已验收"
        TERMINATED = "terminated", "已终止"

    class Grade(models.TextChoices):
        """绩效等级."""

        EXCELLENT = "excellent", "优"
        GOOD = "good", "良"
        FAIR = "fair", "中"
        POOR = "poor", "差"

    number = models.CharField("项目编号", max_length=40)
    name = models.CharField("项目名称", max_length=200)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="projects", verbose_name="所属区划"
    )
    buyer = models.CharField("购买主体", max_length=100)
    provider_name = models.CharField("承接主体", max_length=100)
    provider_credit_code = models.CharField("承接主体信用代码", max_length=18, blank=True)
    communities = models.ManyToManyField(
        "communities.Community", through="ProjectCommunity", related_name="projects", verbose_name="服务社区"
    )
    field = models.CharField("服务领域", max_length=12, choices=ServiceField)
    beneficiaries = models.CharField("服务对象", max_length=12, choices=Beneficiaries)
    purchase_method = models.CharField("购买方式", max_length=16, choices=PurchaseMethod)
    funding_source = models.CharField("资金来源", max_length=16, choices=FundingSource)
    budget = models.DecimalField("预算金额（元）", max_digits=14, decimal_places=2)
    contract_amount = models.DecimalField("合同金额（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    paid = models.DecimalField("已拨付（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    signed_on = models.DateField("签订日期", null=True, blank=True)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    status = models.CharField("状态", max_length=12, choices=Status)
    grade = models.CharField("绩效等级", max_length=10, choices=Grade, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "services:detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)

    class Meta:
        verbose_name = verbose_name_plural = "购买服务项目"
        ordering = ("number", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "number"],
                name="project_number_once_in_division",
                violation_error_message="本单位已有此项目编号。",
            ),
            models.CheckConstraint(
                condition=Q(budget__gte=0)
                & (Q(contract_amount__isnull=True) | Q(contract_amount__gte=0))
                & (Q(paid__isnull=True) | Q(paid__gte=0)),
                name="project_money_not_negative",
                violation_error_message="金额不能是负数。",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="project_ends_after_start",
                violation_error_code="date_order",
                violation_error_message="结束日期早于开始日期，请核对。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def prepare_keys(self) -> None:
        """Set the column derived from the name; call before saving."""
        self.readings = readings(self.name)


class ProjectCommunity(FollowsCommunity, ScopedModel):
    """A community that a project serves."""

    project = models.ForeignKey(ServiceProject, models.CASCADE, related_name="links", verbose_name="项目")
    community = models.ForeignKey("communities.Community", models.PROTECT, related_name="+", verbose_name="社区")

    scope_lookups: ClassVar[tuple[str, ...]] = ("project__division",)

    class Meta:
        verbose_name = verbose_name_plural = "项目服务社区"
        constraints = (
            models.UniqueConstraint(
                fields=["project", "community"],
                name="project_serves_community_once",
                violation_error_message="项目已列出这个社区。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.project} {self.community}"
