"""Filing (备案) of small organizations at their street or town [四（二）2]: what is filed, in which state, until when.

See docs/domain.md §13.1. An organization of the register is written when its filing is granted (`orgs.flow`).
"""

from __future__ import annotations

import datetime
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from changelog.models.steps import FlowStep
from changzhi_portal.names import comparable, readings
from changzhi_portal.personal import SealedField, phone_digests
from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from orgs.models.organizations import SocialOrganization

# An organization with fewer members is not filed (docs/domain.md §13.1).
FEWEST_MEMBERS: Final = 5


class FilingQuerySet(ScopedQuerySet):
    """Queries of filings."""

    def waiting(self) -> Self:
        """Filter for filings that wait for a decision, the most urgent first."""
        return self.filter(state=Filing.State.SUBMITTED).order_by("due_on", "pk")

    def with_place(self) -> Self:
        """Load the community, its town and county, and the organization, for lists."""
        return self.select_related("community__town__parent", "organization__community")


class Filing(Record, ScopedModel):
    """One matter of 备案 that the street's clerk notes for an organization and decides within ten working days.

    `due_on` is stored when it is submitted and never computed again. `decided_in` is in working days. A granted filing
    names its organization; `number` is the organization's 备案号 as the notice prints it. A decided one keeps no phone.
    """

    class Kind(models.TextChoices):
        """事项: what is filed."""

        FIRST = "first", "备案"
        CHANGE = "change", "变更"
        REGISTER = "register", "转登记"
        CANCEL = "cancel", "注销"

    class State(models.TextChoices):
        """状态."""

        SUBMITTED = "submitted", "待办理"
        RETURNED = "returned", "已退回"
        FILED = "filed", "已备案"
        REFUSED = "refused", "不予备案"

    kind = models.CharField("事项", max_length=10, choices=Kind)
    organization = models.ForeignKey(
        SocialOrganization, models.PROTECT, null=True, blank=True, related_name="filings", verbose_name="组织"
    )
    name = models.CharField("名称", max_length=100)
    name_key = models.CharField("比对用名称", max_length=100, editable=False)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    category = models.CharField("类别", max_length=20, choices=SocialOrganization.Category)
    community = models.ForeignKey("communities.Community", models.PROTECT, related_name="filings", verbose_name="社区")
    leader = models.CharField("负责人", max_length=50, blank=True)
    phone = SealedField("联系电话", kind="phone", null=True, blank=True)
    phone_digests = models.TextField("联系电话摘要", blank=True, default="", editable=False)
    members = models.PositiveIntegerField("成员人数", null=True, blank=True)
    venue = models.CharField("活动场所", max_length=100, blank=True)
    purpose = models.CharField("宗旨", max_length=200, blank=True)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    legal_form = models.CharField("组织类型", max_length=24, choices=SocialOrganization.LegalForm, blank=True)
    reason = models.CharField("注销原因", max_length=200, blank=True)
    state = models.CharField("状态", max_length=12, choices=State, default=State.SUBMITTED)
    number = models.CharField("备案号", max_length=30, blank=True, editable=False)
    submitted_on = models.DateField("收件日期", editable=False)
    due_on = models.DateField("办理期限", editable=False)
    decided_on = models.DateField("办结日期", null=True, blank=True, editable=False)
    decided_in = models.PositiveSmallIntegerField("办理用时（工作日）", null=True, blank=True, editable=False)

    record_page: ClassVar[str] = "orgs:filing_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town",)
    objects = FilingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社会组织备案"
        ordering = ("due_on", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="first") | Q(organization__isnull=False),
                name="filing_names_organization",
                violation_error_message="变更、转登记和注销要写明是哪个组织。",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["first", "change"])
                | (
                    Q(members__isnull=False, members__gte=FEWEST_MEMBERS)
                    & ~Q(venue="")
                    & ~Q(purpose="")
                    & ~Q(leader="")
                ),
                name="filing_of_organization_is_whole",
                violation_error_message=(f"备案和变更要写明负责人、活动场所和宗旨，成员不少于{FEWEST_MEMBERS}人。"),
            ),
            models.CheckConstraint(
                condition=~Q(kind="register") | ~Q(credit_code=""),
                name="filing_registered_has_credit_code",
                violation_error_message="转登记要填统一社会信用代码。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "returned"], decided_on__isnull=True, decided_in__isnull=True)
                | Q(
                    state__in=["filed", "refused"],
                    decided_on__isnull=False,
                    decided_on__gte=F("submitted_on"),
                    decided_in__isnull=False,
                ),
                name="filing_decided_after_submission",
                violation_error_message="办结的备案应有办结日期，且不早于收件日期。",
            ),
            models.CheckConstraint(
                condition=~Q(state="filed") | Q(organization__isnull=False),
                name="filed_filing_has_organization",
                violation_error_message="已备案的应有对应的组织。",
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(organization__isnull=False, state__in=["submitted", "returned"]),
                name="filing_one_open_of_organization",
                violation_error_message="这个组织已有一件在办的备案事项，请先办完。",
            ),
            models.UniqueConstraint(
                fields=["community", "name_key"],
                condition=Q(kind="first", state__in=["submitted", "returned"]),
                name="filing_name_once_in_community",
                violation_error_message="这个社区已有同名组织在办理备案，同一社区的组织不得同名。",
            ),
        )
        indexes = (models.Index(fields=["state", "due_on"], name="filing_waiting"),)

    def __str__(self) -> str:
        return f"{self.name}（{self.get_kind_display()}）"

    @classmethod
    def gone_before(cls, moment: datetime.datetime) -> models.QuerySet[Filing]:
        """Return the filings that were refused, or whose organization was dissolved, before a moment (docs/privacy.md)."""
        day = timezone.localdate(moment)
        refused = Q(state=cls.State.REFUSED, decided_on__lt=day)
        return cls._base_manager.filter(refused | Q(state=cls.State.FILED, organization__dissolved_on__lt=day))

    def prepare_keys(self) -> None:
        """Set the columns derived from name and phone; call before saving."""
        self.name_key = comparable(self.name)
        self.readings = readings(self.name)
        self.phone_digests = phone_digests(self.phone)

    @property
    def is_open(self) -> bool:
        """Return whether it may still be changed."""
        return self.state in OPEN


# The states in which a filing may still be changed.
OPEN: Final = (Filing.State.SUBMITTED, Filing.State.RETURNED)


class FilingStep(FlowStep, ScopedModel):
    """One move of a filing."""

    filing = models.ForeignKey(Filing, models.CASCADE, related_name="steps", verbose_name="备案")

    scope_lookups: ClassVar[tuple[str, ...]] = ("filing__community__town",)
    objects = ScopedQuerySet.as_manager()

    class Meta(FlowStep.Meta):
        verbose_name = verbose_name_plural = "备案办理经过"

    def __str__(self) -> str:
        return f"{self.filing} {self.move}"
