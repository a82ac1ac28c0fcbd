"""Reporting periods (统计月): calendar months with figures of their last day (docs/domain.md §6)."""

from __future__ import annotations

import calendar
import datetime
import re
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Subquery, When
from django.utils import timezone

from changzhi_portal.refusals import InvalidError
from changzhi_portal.thresholds import DEFAULTS, Thresholds

_MONTH = re.compile(r"(\d{4})-(\d{2})")
DUE_DAY = 5  # of the following month
LATE_DAY = 15


def parse_month(text: str) -> datetime.date:
    """Return the first day of a month written "2018-06". Raises InvalidError for any other text."""
    match = _MONTH.fullmatch(text.strip())
    if not match or not 1 <= int(match[2]) <= 12 or not 1990 <= int(match[1]) <= 2100:
        raise InvalidError(
            f"统计月“{text}”不对，应写成2018-06这样的年月。",
            cure=f"{text!r} is not a period. Write it as YYYY-MM, e.g. 2018-06.",
            field="period",
        )
    return datetime.date(int(match[1]), int(match[2]), 1)


def last_day_of(month: datetime.date) -> datetime.date:
    """Return the last day of the month that contains `month`."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def years_before(day: datetime.date, years: int = 1) -> datetime.date:
    """Return the same day `years` years before; 28 February for 29 February where that year has none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def month_after(month: datetime.date, months: int = 1) -> datetime.date:
    """Return the first day of the month that is `months` months after `month`, or before it when negative."""
    index = month.year * 12 + month.month - 1 + months
    return datetime.date(index // 12, index % 12 + 1, 1)


def beginning_of(day: datetime.date) -> datetime.datetime:
    """Return the first moment of a day in the portal's time zone, so that moments are compared with an index."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


class PeriodQuerySet(models.QuerySet):
    """Queries of reporting periods."""

    def open(self) -> Self:
        """Filter for months that offices may report, newest first."""
        return self.filter(state=ReportingPeriod.State.OPEN).order_by("-month")

    def in_hand(self, day: datetime.date) -> ReportingPeriod | None:
        """Return the month in hand on `day`: the open month that is due next, or the newest if all are overdue.

        A month is due in the following one, so in the first days of July it is still June although July has begun.
        """
        is_due_later = Q(due_on__gte=day)
        due_next = self.open().order_by(Case(When(is_due_later, then=F("due_on"))).asc(nulls_last=True), "-month")
        return due_next.first()

    def for_month_or_in_hand(self, month: datetime.date | None) -> ReportingPeriod:
        """Return the period of `month`, without one the month in hand, else the current month.

        The period is not saved if the calendar does not have it.
        """
        today = timezone.localdate()
        if month is None and (in_hand := self.in_hand(today)) is not None:
            return in_hand
        first = (month or today).replace(day=1)
        return self.filter(month=first).first() or ReportingPeriod(month=first)

    def locked(self) -> Self:
        """Filter for months whose results are final."""
        return self.filter(state=ReportingPeriod.State.LOCKED)

    def not_locked(self) -> Self:
        """Filter for months whose results still follow the registers."""
        return self.exclude(state=ReportingPeriod.State.LOCKED)

    def keep_from_locking(self) -> None:
        """Prevent months from being locked until the transaction ends, while figures dated in them are written."""
        list(self.not_locked().select_for_update(no_key=True).order_by("month"))

    def with_locker(self) -> Self:
        """Load the user who locked each month, newest first, for lists."""
        return self.select_related("locked_by").order_by("-month")

    def first_day_in_hand(self, period: ReportingPeriod) -> datetime.date:
        """Return the first day on which edits in pages belong to a month: that after the month before was due (see `in_hand`)."""
        before = self.filter(month=month_after(period.month, -1)).first()
        return period.opens_on if before is None else before.due_on + datetime.timedelta(days=1)

    def for_month(self, month: datetime.date) -> ReportingPeriod:
        """Return the period of a month, creating it with the usual dates if the calendar does not have it."""
        first = month.replace(day=1)
        following = month_after(first)
        today = timezone.localdate()
        period, _ = self.get_or_create(
            month=first,
            defaults={
                "state": ReportingPeriod.State.OPEN if first <= today else ReportingPeriod.State.UPCOMING,
                "opens_on": first,
                "due_on": following.replace(day=DUE_DAY),
                "late_until": following.replace(day=LATE_DAY),
            },
        )
        return period


class CheckThresholdsQuerySet(models.QuerySet):
    """Queries of versions of the checks' thresholds."""

    def for_month(self, month: datetime.date) -> Thresholds:
        """Return the thresholds of a month (its first day): those of the newest version that is valid by then.

        A locked month keeps those that were in force when it was locked. One query.
        """
        locked = ReportingPeriod.objects.filter(month=month).values("locked_at")
        versions = self.filter(valid_from__lte=month).annotate(month_locked_at=Subquery(locked))
        in_time = Q(month_locked_at__isnull=True) | Q(made_at__lte=F("month_locked_at"))
        values = versions.filter(in_time).order_by("-number").values_list("values", flat=True).first()
        return Thresholds(values) if values else DEFAULTS

    def newest(self) -> CheckThresholds | None:
        """Return the newest version; None as long as the defaults of the code are in force."""
        return self.select_related("made_by").order_by("-number").first()


class CheckThresholds(models.Model):
    """One version of the thresholds of the checks, from a month on; versions are only added.

    `values` has every threshold that was declared when it was made, by code; `changes` says what was changed, in words.
    """

    number = models.PositiveIntegerField("版次")
    valid_from = models.DateField("起始月份", help_text="当月1日")
    values = models.JSONField("标准")
    changes = models.TextField("改动")
    reason = models.CharField("原因", max_length=200)
    made_at = models.DateTimeField("时间", auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="修改人")

    objects = CheckThresholdsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "检查标准"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(
                fields=["number"],
                name="check_thresholds_number_once",
                violation_error_message="检查标准刚才已由别人修改。",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__day=1),
                name="check_thresholds_from_first_of_month",
                violation_error_message="检查标准应从当月1日起。",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(changes=""),
                name="check_thresholds_say_why",
                violation_error_message="修改检查标准应写明原因和改动。",
            ),
        )

    def __str__(self) -> str:
        return f"检查标准第{self.number}版"


class ReportingPeriod(models.Model):
    """One calendar month: upcoming, open, then locked; a locked month can be reopened with a reason."""

    class State(models.TextChoices):
        """States of a month."""

        UPCOMING = "upcoming", "未开放"
        OPEN = "open", "填报中"
        LOCKED = "locked", "已锁定"

    month = models.DateField("月份", unique=True, help_text="当月1日")
    state = models.CharField("状态", max_length=10, choices=State)
    opens_on = models.DateField("开放日")
    due_on = models.DateField("截止日")
    late_until = models.DateField("迟报截止日")
    locked_at = models.DateTimeField("锁定时间", null=True, blank=True)
    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="锁定人"
    )
    reopened_reason = models.CharField("重新开放原因", max_length=500, blank=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "统计月"
        ordering = ("-month",)
        constraints = (
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="period_is_first_of_month",
                violation_error_message="统计月应为当月1日。",
            ),
            models.CheckConstraint(
                condition=Q(opens_on__lte=F("due_on"), due_on__lte=F("late_until")),
                name="period_dates_in_order",
                violation_error_message="开放日、截止日、迟报截止日应依次不早于前一个。",
            ),
            models.CheckConstraint(
                condition=Q(locked_at__isnull=True, locked_by__isnull=True)
                | Q(locked_at__isnull=False, locked_by__isnull=False),
                name="period_locked_at_and_by",
                violation_error_message="锁定时间和锁定人应同时填写。",
            ),
            models.CheckConstraint(
                condition=Q(state="locked", locked_at__isnull=False) | (~Q(state="locked") & Q(locked_at__isnull=True)),
                name="period_locked_has_time",
                violation_error_message="已锁定的统计月应有锁定时间，其他统计月没有。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.month.year}年{self.month.month}月"

    @property
    def code(self) -> str:
        """Return the month as in commands and URLs: "2018-06"."""
        return f"{self.month:%Y-%m}"

    @property
    def is_locked(self) -> bool:
        """Return whether the month is locked, so that its results are final."""
        return self.state == self.State.LOCKED

    @property
    def as_of(self) -> datetime.date:
        """Return the day of its figures, the last day of the month."""
        return last_day_of(self.month)
