"""Consultations (协商) of residents and organizations in communities: who took part, what was agreed, whether it is done [四（二）1].

Counts alone; nobody who takes part is named (docs/domain.md §13.5).
"""

from __future__ import annotations

import datetime
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from changzhi_portal.names import comparable, readings
from changzhi_portal.records import Record, not_before
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from orgs.models import SocialOrganization


class ConsultationQuerySet(ScopedQuerySet):
    """Queries of consultations."""

    def with_place(self) -> Self:
        """Load community, town and county, for lists."""
        return self.select_related("community__town__parent")

    def of(self, organization: SocialOrganization) -> Self:
        """Filter for those that an organization, or one that was merged into it, took part in."""
        links = ConsultationOrganization.objects.filter(consultation=OuterRef("pk")).order_by()
        own = Q(organization=organization) | Q(organization__merged_into=organization)
        return self.filter(Exists(links.filter(own)))

    def with_voice(self) -> Self:
        """Annotate `has_voice`: whether at least one organization took part, listed or counted."""
        links = ConsultationOrganization.objects.filter(consultation=OuterRef("pk")).order_by()
        return self.annotate(
            is_listed=Exists(links),
            has_voice=Case(
                When(Q(organization_count__gt=0) | Q(is_listed=True), then=Value(1)),
                default=Value(0),
            ),
        )

    def pending(self) -> Self:
        """Filter for those that came to an agreement which is not done yet."""
        return self.filter(_PENDING)

    def overdue_on(self, day: datetime.date) -> Self:
        """Filter for those whose agreement was to be done before `day` and is not."""
        return self.filter(_PENDING, due_on__lt=day)

    def with_attending(self) -> Self:
        """Annotate `attending`: how many organizations took part; where that is not given, how many are listed."""
        links = ConsultationOrganization.objects.filter(consultation=OuterRef("pk")).order_by()
        stands = Coalesce("organization__merged_into", "organization")
        number = links.values("consultation").annotate(number=Count(stands, distinct=True)).values("number")
        return self.annotate(attending=Coalesce("organization_count", Subquery(number)))

    def with_rank(self) -> Self:
        """Annotate `rank`, by which lists show what is not done first: 0 for an agreement that is not done, else 1."""
        return self.annotate(rank=Case(When(_PENDING, then=Value(0)), default=Value(1)))


class Consultation(Record, ScopedModel):
    """One consultation in a community; `due_on` is the last day for doing what was agreed, `done_on` the day it was done.

    `organization_count` is the number of organizations that took part; those of the register are linked besides.
    """

    class Form(models.TextChoices):
        """协商形式."""

        TALK = "talk", "恳谈会"
        HEARING = "hearing", "听证会"
        COUNCIL = "council", "议事会"
        REPRESENTATIVES = "representatives", "居（村）民代表会议"

    class Category(models.TextChoices):
        """议题类别."""

        PROPERTY = "property", "物业服务"
        ENVIRONMENT = "environment", "环境保护"
        FACILITIES = "facilities", "公共设施"
        WELFARE = "welfare", "公益事业"
        SUPERVISION = "supervision", "项目监督"
        OTHER = "other", "其他"

    class Outcome(models.TextChoices):
        """协商结果."""

        AGREED = "agreed", "一致"
        PARTLY = "partly", "部分一致"
        NONE = "none", "未达成"

    # The outcomes with which something was agreed.
    AGREEMENTS: ClassVar[tuple[str, ...]] = ("agreed", "partly")

    community = models.ForeignKey(
        "communities.Community", models.PROTECT, related_name="consultations", verbose_name="社区"
    )
    held_on = models.DateField("协商日期")
    form = models.CharField("协商形式", max_length=16, choices=Form)
    topic = models.CharField("协商议题", max_length=100)
    topic_key = models.CharField("比对用议题", max_length=100, editable=False)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    category = models.CharField("议题类别", max_length=12, choices=Category, blank=True)
    participants = models.PositiveIntegerField("参加人数")
    residents = models.PositiveIntegerField("居民人数", null=True, blank=True)
    organizations = models.ManyToManyField(
        SocialOrganization,
        through="ConsultationOrganization",
        related_name="consultations",
        verbose_name="参加的社会组织",
    )
    organization_count = models.PositiveIntegerField("社会组织数", null=True, blank=True)
    social_workers = models.PositiveIntegerField("社工数", null=True, blank=True)
    outcome = models.CharField("协商结果", max_length=8, choices=Outcome, blank=True)
    agreement = models.CharField("议定事项", max_length=300, blank=True)
    due_on = models.DateField("办理期限", null=True, blank=True)
    done_on = models.DateField("办结日期", null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "participation:consultation_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town",)
    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "协商"
        ordering = ("-held_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["community", "held_on", "topic_key"],
                name="consultation_once",
                violation_error_message="这个社区当天已登记同一议题的协商。",
            ),
            models.CheckConstraint(
                condition=Q(residents__isnull=True) | Q(residents__lte=F("participants")),
                name="consultation_residents_at_most_all",
                violation_error_code="bad_number",
                violation_error_message="居民人数多于参加人数，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(due_on__isnull=True) | Q(outcome__in=("agreed", "partly")),
                name="consultation_limit_needs_agreement",
                violation_error_code="bad_choice",
                violation_error_message="协商结果是“一致”或“部分一致”的，才填办理期限。",
            ),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True) | Q(outcome__in=("agreed", "partly")),
                name="consultation_done_needs_agreement",
                violation_error_code="bad_choice",
                violation_error_message="协商结果是“一致”或“部分一致”的，才填办结日期。",
            ),
            models.CheckConstraint(
                condition=Q(agreement="") | Q(outcome__in=("agreed", "partly")),
                name="consultation_terms_need_agreement",
                violation_error_code="bad_choice",
                violation_error_message="协商结果是“一致”或“部分一致”的，才填议定事项。",
            ),
            models.CheckConstraint(
                condition=not_before("due_on", "held_on"),
                name="consultation_due_after_held",
                violation_error_code="date_order",
                violation_error_message="办理期限早于协商日期，请核对。",
            ),
            models.CheckConstraint(
                condition=not_before("done_on", "held_on"),
                name="consultation_done_after_held",
                violation_error_code="date_order",
                violation_error_message="办结日期早于协商日期，请核对。",
            ),
        )
        indexes = (
            models.Index(fields=["held_on"], name="consultation_by_day"),
            models.Index(fields=["due_on"], name="consultation_by_limit"),
        )

    def __str__(self) -> str:
        return self.topic

    def prepare_keys(self) -> None:
        """Set the columns derived from the topic; call before saving."""
        self.topic_key = comparable(self.topic)
        self.readings = readings(self.topic)

    @property
    def is_pending(self) -> bool:
        """Return whether something was agreed that is not done yet."""
        return self.outcome in self.AGREEMENTS and self.done_on is None

    def progress_on(self, day: datetime.date) -> str:
        """Return in a word how far the agreement is on a day: 已办结, 逾期, 未办结; "" where nothing was agreed."""
        if self.done_on is not None:
            return "已办结"
        if not self.is_pending:
            return ""
        return "逾期" if self.due_on is not None and self.due_on < day else "未办结"


_PENDING: Final = Q(outcome__in=Consultation.AGREEMENTS, done_on__isnull=True)


class ConsultationOrganization(ScopedModel):
    """An organization of the register that took part in a consultation."""

    consultation = models.ForeignKey(Consultation, models.CASCADE, related_name="links", verbose_name="协商")
    organization = models.ForeignKey(
        SocialOrganization, models.PROTECT, related_name="consultation_links", verbose_name="社会组织"
    )

    scope_lookups: ClassVar[tuple[str, ...]] = ("consultation__community__town",)

    class Meta:
        verbose_name = verbose_name_plural = "协商参加记录"
        constraints = (
            models.UniqueConstraint(
                fields=["consultation", "organization"],
                name="consultation_lists_organization_once",
                violation_error_message="这次协商已列出这个社会组织。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.consultation} {self.organization}"
