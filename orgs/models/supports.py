"""Support (扶持) of organizations and social-work agencies: rooms, money, people, training [四（二）2; 四（三）3]."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from changzhi_portal.records import DatedQuerySet, Record, not_before
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from orgs.models.organizations import SocialOrganization


class SupportQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of support."""

    def with_place(self) -> Self:
        """Load the organization with its community, town and county, for lists."""
        return self.select_related("organization__community__town__parent", "organization__division__parent")

    def of(self, organization: SocialOrganization) -> Self:
        """Filter for the support of an organization and of those that were merged into it."""
        return self.filter(Q(organization=organization) | Q(organization__merged_into=organization))


class Support(Record, ScopedModel):
    """What supports an organization from one day on, until another (exclusive) if that is known.

    `amount` is in yuan, of the whole time; `area` in m². The amount of kind 经费 is what was decided to give, not what was
    paid: payments are a register of their own and never added to it.
    """

    class Kind(models.TextChoices):
        """扶持方式."""

        VENUE = "venue", "场地"
        FUNDS = "funds", "经费"
        TALENT = "talent", "人才"
        TRAINING = "training", "培训督导"
        REGISTRATION = "registration", "简化登记"
        TAX = "tax", "税收优惠"
        PURCHASE = "purchase", "购买服务"

    organization = models.ForeignKey(SocialOrganization, models.PROTECT, related_name="supports", verbose_name="组织")
    kind = models.CharField("扶持方式", max_length=12, choices=Kind)
    valid_from = models.DateField("扶持起始日期")
    valid_to = models.DateField("扶持终止日期", null=True, blank=True)
    amount = models.DecimalField("扶持金额（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    area = models.DecimalField("场地面积（㎡）", max_digits=10, decimal_places=2, null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "orgs:support_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("organization__community__town", "organization__division")
    dated_by: ClassVar[tuple[str, str]] = ("valid_from", "valid_to")
    objects = SupportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "组织扶持"
        ordering = ("-valid_from", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "kind", "valid_from"],
                name="support_once",
                violation_error_message="这个组织这一天起的这种扶持已经登记。",
            ),
            models.CheckConstraint(
                condition=not_before("valid_to", "valid_from"),
                name="support_ends_after_start",
                violation_error_code="date_order",
                violation_error_message="扶持终止日期早于起始日期，请核对。",
            ),
            models.CheckConstraint(
                condition=(Q(amount__isnull=True) | Q(amount__gte=0)) & (Q(area__isnull=True) | Q(area__gte=0)),
                name="support_not_negative",
                violation_error_message="金额、面积不能是负数。",
            ),
            models.CheckConstraint(
                condition=~Q(kind="funds") | Q(amount__isnull=False, amount__gt=0),
                name="support_with_funds_has_amount",
                violation_error_code="required",
                violation_error_message="扶持方式是“经费”的，请填扶持金额。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization} {self.get_kind_display()}"

    def belongs_to(self) -> object:
        """Return the town of the organization's community, or its own division."""
        return self.organization.belongs_to()
