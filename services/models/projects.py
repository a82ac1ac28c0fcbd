"""Projects of purchased services (政府购买服务) [四（二）1; 四（三）4] and the communities that they serve."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from changzhi_portal.names import readings
from changzhi_portal.records import FollowsCommunity, Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from orgs.models import SocialOrganization
from services.models.catalogue import CatalogueItem, ServiceField


class ServiceProjectQuerySet(ScopedQuerySet):
    """Queries of projects."""

    def in_effect_on(self, day: datetime.date) -> Self:
        """Filter for projects that are performed on `day`: contracted, begun and not over; 结束日期 is their last day."""
        contracted = (ServiceProject.Status.PERFORMING, ServiceProject.Status.ACCEPTED)
        return self.filter(starts_on__lte=day, ends_on__gte=day, status__in=contracted)

    def ended_in_year_of(self, day: datetime.date) -> Self:
        """Filter for projects whose last day lies in the calendar year of `day`, by that day, and that were performed."""
        contracted = (ServiceProject.Status.PERFORMING, ServiceProject.Status.ACCEPTED)
        return self.filter(ends_on__gte=day.replace(month=1, day=1), ends_on__lte=day, status__in=contracted)

    def by_organizations(self) -> Self:
        """Filter for projects that an organization of the register provides, known by its credit code."""
        return self.filter(self._of_organizations())

    def by_others(self) -> Self:
        """Filter for projects whose provider is no organization of the register."""
        return self.exclude(self._of_organizations())

    @staticmethod
    def _of_organizations() -> Q:
        """Return the condition of `by_organizations`: also of an organization that was registered after the project."""
        coded = SocialOrganization.objects.exclude(credit_code="").filter(credit_code=OuterRef("provider_credit_code"))
        return Q(provider__isnull=False) | Q(Exists(coded.order_by()))

    def begun_in_year_of(self, day: datetime.date) -> Self:
        """Filter for projects that have begun by `day` and run in its calendar year."""
        return self.filter(starts_on__lte=day, ends_on__gte=day.replace(month=1, day=1))


class ServiceProject(Record, ScopedModel):
    """A purchased-service project. Money is in yuan.

    `provider_name` and its credit code stand as the office has filled them in; `provider` is the organization of the
    register with that code, where it is known. `paid` and `grade` are what the office says of the whole project; what its
    payments add up to, and the grade of its newest final review, are found from those.
    """

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
    provider = models.ForeignKey(
        SocialOrganization,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="projects",
        verbose_name="承接的社会组织",
    )
    catalogue = models.ForeignKey(
        CatalogueItem, models.PROTECT, null=True, blank=True, related_name="projects", verbose_name="购买清单"
    )
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
    objects = ServiceProjectQuerySet.as_manager()

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
