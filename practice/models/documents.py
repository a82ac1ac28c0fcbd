"""制度文件: what a city, county or town has laid down to put the paper into force, and the plans of communities [五（二）、（五）].

Only what is said of a document, not its text (docs/domain.md §12.1). A document is a fact: it stays with the division or community
that issued it. On days after a merger one of a closed division counts for the successor, where it still holds.
"""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from changzhi_portal.names import comparable, readings
from changzhi_portal.records import DatedQuerySet, Record, exactly_one_of, not_before
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class DocumentQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of documents."""

    def with_place(self) -> Self:
        """Load community, town and county, for lists."""
        return self.select_related("community__town__parent", "division__parent")

    def in_force_on(self, day: datetime.date) -> Self:
        """Filter for the documents that hold on a day: issued by then, not ended, and not of a community closed by then."""
        stands = Q(community__isnull=True) | Q(community__closed_on__isnull=True) | Q(community__closed_on__gt=day)
        return self.in_effect_on(day).filter(stands)


class Document(Record, ScopedModel):
    """A document of a division, or the development plan of a community; it holds from `issued_on` to `valid_to` (exclusive)."""

    class Kind(models.TextChoices):
        """类别 of a document."""

        PLAN = "plan", "实施方案"
        WORK_LIST = "work_list", "社区工作事项清单"
        ADMISSION = "admission", "准入制度"
        PURCHASES = "purchases", "购买服务清单"
        TALENT = "talent", "社工人才政策"
        ORGANIZATIONS = "organizations", "组织扶持政策"
        FACILITIES = "facilities", "设施规划"
        DEVELOPMENT = "development", "社区发展规划"

    community = models.ForeignKey(
        "communities.Community", models.PROTECT, null=True, blank=True, related_name="documents", verbose_name="社区"
    )
    division = models.ForeignKey(
        "communities.Division",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name="所属区划",
        help_text="社区发展规划以外的文件填写",
    )
    kind = models.CharField("类别", max_length=16, choices=Kind)
    number = models.CharField("文号", max_length=60)
    number_key = models.CharField("比对用文号", max_length=60, editable=False)
    title = models.CharField("标题", max_length=200)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    issued_on = models.DateField("印发日期")
    valid_to = models.DateField("失效日期", null=True, blank=True, help_text="从这一天起失效；没有期限的留空。")
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "practice:document_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town", "division")
    dated_by: ClassVar[tuple[str, str]] = ("issued_on", "valid_to")
    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "制度文件"
        ordering = ("division__code", "community__code", "kind", "issued_on", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["community", "number_key"],
                condition=Q(community__isnull=False),
                name="document_number_once_in_community",
                violation_error_message="这个社区已有这个文号的文件。",
            ),
            models.UniqueConstraint(
                fields=["division", "number_key"],
                condition=Q(division__isnull=False),
                name="document_number_once_in_division",
                violation_error_message="本单位已有这个文号的文件。",
            ),
            models.CheckConstraint(
                condition=exactly_one_of("community", "division"),
                name="document_of_one_place",
                violation_error_message="文件应属于一个社区，或者市、县（市、区）、街道（乡镇）。",
            ),
            models.CheckConstraint(
                # By the key, so that a row check reads no community.
                condition=Q(kind="development", community_id__isnull=False)
                | (~Q(kind="development") & Q(community_id__isnull=True)),
                name="development_plan_of_community",
                violation_error_code="bad_choice",
                violation_error_message="社区发展规划请填社区名称；其他文件是市、县（市、区）或街道（乡镇）的，社区名称留空。",
            ),
            models.CheckConstraint(
                condition=not_before("valid_to", "issued_on"),
                name="document_ends_after_issue",
                violation_error_code="date_order",
                violation_error_message="失效日期早于印发日期，请核对。",
            ),
        )
        indexes = (models.Index(fields=["kind", "issued_on"], name="document_of_kind"),)

    def __str__(self) -> str:
        return self.title

    def prepare_keys(self) -> None:
        """Set the columns derived from number and title; call before saving."""
        self.number_key = comparable(self.number)
        self.readings = readings(self.title)
