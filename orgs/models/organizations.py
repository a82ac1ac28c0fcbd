"""Social organizations (社会组织) [四（二）2]."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from changzhi_portal.names import comparable, pinyin_key, readings
from changzhi_portal.personal import SealedField, phone_digests
from changzhi_portal.records import (
    DatedQuerySet,
    FollowsCommunity,
    MergeableRecord,
    UnmergedManager,
    exactly_one_of,
    merge_constraints,
    not_before,
)
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class SocialOrganizationQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of organizations."""

    def agencies(self) -> Self:
        """Filter for social-work agencies (民办社会工作服务机构) [四（三）3]."""
        return self.filter(is_social_work_agency=True)

    def with_place(self) -> Self:
        """Load community, town and county with the rows, for lists."""
        return self.select_related("community__town__parent", "division__parent")


class SocialOrganization(MergeableRecord, FollowsCommunity, ScopedModel):
    """An organization that serves a community, or a town or county (then without a community).

    `filing_number` (备案号) and `filed_on` are those of its filing at the street (docs/domain.md §13.1); organizations that
    were filed before the portal may lack them.
    """

    class Registration(models.TextChoices):
        """管理方式: all three count towards the targets for organizations."""

        REGISTERED = "registered", "登记"
        FILED = "filed", "街道备案"
        GUIDED = "guided", "社区指导"

    class LegalForm(models.TextChoices):
        """组织类型."""

        ASSOCIATION = "association", "社会团体"
        PRIVATE_NON_ENTERPRISE = "private_non_enterprise", "民办非企业单位"
        SERVICE = "service", "社会服务机构"
        FOUNDATION = "foundation", "基金会"

    class Category(models.TextChoices):
        """类别."""

        COMMUNITY_SERVICE = "community_service", "社区服务类"
        CHARITY = "charity", "公益慈善类"
        CULTURE_SPORTS = "culture_sports", "文体活动类"
        MUTUAL_AID = "mutual_aid", "邻里互助类"
        RURAL_TECHNOLOGY = "rural_technology", "农村生产技术服务类"
        OTHER = "other", "其他"

    class HubKind(models.TextChoices):
        """枢纽型 [四（二）2]; blank means none."""

        FEDERATION = "federation", "联合会"
        PROMOTION = "promotion", "促进会"

    class CreditStatus(models.TextChoices):
        """信用状况 (民政部令60号); blank means not known."""

        NORMAL = "normal", "正常"
        ABNORMAL = "abnormal", "活动异常名录"
        DISHONEST = "dishonest", "严重违法失信"

    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    name = models.CharField("名称", max_length=100)
    name_key = models.CharField("比对用名称", max_length=100, editable=False, db_index=True)
    sort_key = models.CharField("拼音排序", max_length=120, editable=False, db_index=True)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    registration = models.CharField("管理方式", max_length=10, choices=Registration)
    legal_form = models.CharField("组织类型", max_length=24, choices=LegalForm, blank=True)
    category = models.CharField("类别", max_length=20, choices=Category)
    community = models.ForeignKey(
        "communities.Community",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="organizations",
        verbose_name="社区",
    )
    division = models.ForeignKey(
        "communities.Division",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="organizations",
        verbose_name="所属区划",
        help_text="街道（乡镇）级或县级组织填写",
    )
    established_on = models.DateField("成立日期")
    dissolved_on = models.DateField("注销日期", null=True, blank=True)
    leader = models.CharField("负责人", max_length=50, blank=True)
    phone = SealedField("联系电话", kind="phone", null=True, blank=True)
    phone_digests = models.TextField("联系电话摘要", blank=True, default="", editable=False)
    member_count = models.PositiveIntegerField("成员人数", null=True, blank=True)
    is_social_work_agency = models.BooleanField("民办社工机构", default=False)
    hub_kind = models.CharField("枢纽型", max_length=10, choices=HubKind, blank=True)
    filing_number = models.CharField("备案号", max_length=30, blank=True)
    filed_on = models.DateField("街道备案日期", null=True, blank=True)
    credit_status = models.CharField("信用状况", max_length=10, choices=CreditStatus, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "orgs:detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town", "division")
    dated_by: ClassVar[tuple[str, str]] = ("established_on", "dissolved_on")
    objects = UnmergedManager.from_queryset(SocialOrganizationQuerySet)()
    with_merged = SocialOrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社会组织"
        ordering = ("sort_key", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=~Q(credit_code="") & Q(merged_into__isnull=True),
                name="organization_credit_code_once",
                violation_error_message="已有使用此统一社会信用代码的组织。",
            ),
            models.UniqueConstraint(
                fields=["community", "name_key"],
                condition=Q(credit_code="", community__isnull=False, merged_into__isnull=True),
                name="organization_name_once_in_community",
                violation_error_message="这个社区已有同名组织。",
            ),
            models.UniqueConstraint(
                fields=["division", "name_key"],
                condition=Q(credit_code="", division__isnull=False, merged_into__isnull=True),
                name="organization_name_once_in_division",
                violation_error_message="本街道（乡镇）或县已有同名组织。",
            ),
            models.CheckConstraint(
                condition=exactly_one_of("community", "division"),
                name="organization_in_one_place",
                violation_error_message="组织应属于一个社区，或一个街道（乡镇）、县。",
            ),
            models.CheckConstraint(
                condition=not_before("dissolved_on", "established_on"),
                name="organization_dissolves_after_start",
                violation_error_code="date_order",
                violation_error_message="注销日期早于成立日期，请核对。",
            ),
            models.CheckConstraint(
                condition=~Q(registration="registered", credit_code=""),
                name="registered_organization_has_credit_code",
                violation_error_code="required",
                violation_error_message="管理方式为“登记”的组织必须填统一社会信用代码。",
            ),
            models.UniqueConstraint(
                fields=["filing_number"],
                condition=~Q(filing_number="") & Q(merged_into__isnull=True),
                name="organization_filing_number_once",
                violation_error_message="已有使用这个备案号的组织。",
            ),
            models.CheckConstraint(
                condition=not_before("dissolved_on", "filed_on") | Q(filed_on__isnull=True),
                name="organization_dissolves_after_filing",
                violation_error_code="date_order",
                violation_error_message="注销日期早于备案日期，请核对。",
            ),
            *merge_constraints("organization", "dissolved_on"),
        )

    def __str__(self) -> str:
        return self.name

    @classmethod
    def gone_before(cls, moment: datetime.datetime) -> models.QuerySet[SocialOrganization]:
        """Return the organizations that were dissolved before a moment (docs/privacy.md)."""
        return cls._base_manager.filter(dissolved_on__lt=timezone.localdate(moment))

    def prepare_keys(self) -> None:
        """Set the columns derived from name and phone; call before saving."""
        self.name_key = comparable(self.name)
        self.sort_key = pinyin_key(self.name)
        self.readings = readings(self.name)
        self.phone_digests = phone_digests(self.phone)
