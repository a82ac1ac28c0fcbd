"""What a community was asked for in a month, and what it did (社区月报): signs, ledgers, meetings and more [四（一）4]."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery

from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class MonthlyReportQuerySet(ScopedQuerySet):
    """Queries of monthly reports of communities."""

    def with_place(self) -> Self:
        """Load community, town and county, for lists."""
        return self.select_related("community__town__parent")

    def of_month(self, month: datetime.date) -> Self:
        """Filter for the reports of one month, given by its first day."""
        return self.filter(month=month)

    def with_counts(self) -> Self:
        """Annotate each kind of count under its code (`signs_outside` …); None for what is not known."""
        counts = MonthlyCount.objects.filter(report=OuterRef("pk")).order_by()
        return self.annotate(
            **{kind: Subquery(counts.filter(kind=kind).values("number")[:1]) for kind in MonthlyCount.Kind.values}
        )


class MonthlyReport(Record, ScopedModel):
    """The head of one community's counts of one month: community and month of its `MonthlyCount` rows.

    It stays with its community when that is closed: what was asked of it then is a fact of the past. A community goes to
    another town or county with all its months.
    """

    community = models.ForeignKey(
        "communities.Community", models.PROTECT, related_name="monthly_reports", verbose_name="社区"
    )
    month = models.DateField("月份", help_text="当月1日")
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "communities:count_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town",)
    history_parts: ClassVar[tuple[str, ...]] = ("counts",)
    objects = MonthlyReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社区月报"
        ordering = ("-month", "community__code")
        indexes = (models.Index(fields=["month"], name="monthly_report_month"),)
        constraints = (
            models.UniqueConstraint(
                fields=["community", "month"],
                name="monthly_report_once_a_month",
                violation_error_message="这个社区这个月已有月报。",
            ),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="monthly_report_is_first_of_month",
                violation_error_message="月报的月份应为当月1日。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.community}{self.month_in_words}月报"

    @property
    def month_in_words(self) -> str:
        """Return the month as people write it: 2018年6月."""
        return f"{self.month.year}年{self.month.month}月"


class MonthlyCount(ScopedModel):
    """One number of one community and month; `report` holds both. `number` is None once it was cleared: not known."""

    class Kind(models.TextChoices):
        """What is counted [四（一）4; 四（二）2]. `STOCKS` are as of the month's last day, the others happened in it."""

        SIGNS_OUTSIDE = "signs_outside", "室外牌子"
        SIGNS_INSIDE = "signs_inside", "室内牌子"
        LEDGERS = "ledgers", "台账报表"
        MEETINGS = "meetings", "参加会议（次）"
        INSPECTIONS = "inspections", "接受检查考评（次）"
        CERTIFICATES = "certificates", "出具证明（件）"
        LEADERS = "leaders", "居民骨干"

    STOCKS: ClassVar[tuple[str, ...]] = ("signs_outside", "signs_inside", "ledgers", "leaders")

    report = models.ForeignKey(MonthlyReport, models.CASCADE, related_name="counts", verbose_name="月报")
    kind = models.CharField("项目", max_length=13, choices=Kind)
    number = models.PositiveIntegerField("数量", null=True, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("report__community__town",)

    class Meta:
        verbose_name = verbose_name_plural = "社区月报数"
        ordering = ("report", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["report", "kind"],
                name="monthly_count_once",
                violation_error_message="这份月报已有这一项。",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=True) | Q(number__gte=0),
                name="monthly_count_not_negative",
                violation_error_message="月报的数不能是负数。",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=(
                        *("signs_outside", "signs_inside", "ledgers", "meetings"),
                        *("inspections", "certificates", "leaders"),
                    )
                ),
                name="monthly_count_kind_known",
                violation_error_message="月报没有这一项。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.report} {self.get_kind_display()}"
