"""Monthly reports of counties (上报), one for each county and period, with steps and reminders (docs/domain.md §6)."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery

from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from periods.models import ReportingPeriod


class SubmissionQuerySet(ScopedQuerySet):
    """Queries of submissions."""

    def for_period(self, period: ReportingPeriod) -> Self:
        """Filter for the submissions of one month."""
        return self.filter(period=period)

    def reported(self) -> Self:
        """Filter for valid reports: submitted or accepted, and not returned since."""
        return self.filter(state__in=Submission.REPORTED)

    def to_review(self) -> Self:
        """Filter for reports of open months that wait for the bureau, the oldest month first, then by county."""
        waiting = self.filter(state=Submission.State.SUBMITTED, period__state=ReportingPeriod.State.OPEN)
        return waiting.select_related("period", "county").order_by("period__month", "county__code")

    def with_steps(self) -> Self:
        """Load period, county and users; annotate `times_returned` and `first_submitted_at`, which decides lateness."""
        steps = SubmissionStep.objects.filter(submission=OuterRef("pk"), kind=SubmissionStep.Kind.SUBMITTED)
        return self.select_related("period", "county", "submitted_by__division", "reviewed_by").annotate(
            times_returned=Count("steps", filter=Q(steps__kind=SubmissionStep.Kind.RETURNED)),
            first_submitted_at=Subquery(steps.order_by("pk").values("made_at")[:1]),
        )


class Submission(ScopedModel):
    """The report of one county for one month.

    `is_late` depends on the first submission: a report that was in time and is returned stays in time, because the county
    cannot influence how soon the bureau reviews. `SubmissionStep` records how often it was returned. `explanations` are
    those of the current report, by `explanation_key`; each has rule, label, message and text.
    """

    class State(models.TextChoices):
        """States of a report: not started → submitted → (returned → submitted …) → accepted."""

        NOT_STARTED = "not_started", "未上报"
        SUBMITTED = "submitted", "已上报"
        RETURNED = "returned", "已退回"
        ACCEPTED = "accepted", "已接收"

    REPORTED: ClassVar[tuple[str, ...]] = (State.SUBMITTED, State.ACCEPTED)

    period = models.ForeignKey(
        "periods.ReportingPeriod", models.CASCADE, related_name="submissions", verbose_name="统计月"
    )
    county = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="submissions", verbose_name="县（市、区）"
    )
    state = models.CharField("状态", max_length=12, choices=State, default=State.NOT_STARTED)
    is_late = models.BooleanField("迟报", default=False)
    explanations = models.JSONField("情况说明", default=dict, blank=True)
    return_note = models.CharField("退回意见", max_length=500, blank=True)
    submitted_at = models.DateTimeField("上报时间", null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上报人"
    )
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审核人"
    )

    scope_lookups: ClassVar[tuple[str, ...]] = ("county",)
    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "上报"
        ordering = ("-period__month", "county__code")
        constraints = (
            models.UniqueConstraint(
                fields=["period", "county"], name="submission_once", violation_error_message="这个县本月已有上报记录。"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, submitted_by__isnull=True)
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="submission_submitted_at_and_by",
                violation_error_message="上报时间和上报人应同时填写。",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="submission_reviewed_at_and_by",
                violation_error_message="审核时间和审核人应同时填写。",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned", return_note=""),
                name="submission_returned_has_note",
                violation_error_message="退回应写明意见。",
            ),
            models.CheckConstraint(
                condition=Q(state="not_started") | Q(submitted_at__isnull=False),
                name="submission_beyond_start_has_time",
                violation_error_message="已上报的月份应有上报时间。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.county} {self.period}"

    @property
    def ref(self) -> str:
        """Return month and county as used in URLs: 201806-140402. Unsaved submissions have it too."""
        return f"{self.period.month:%Y%m}-{self.county.code}"

    @property
    def is_reported(self) -> bool:
        """Return whether there is a valid report: submitted or accepted, and not returned since."""
        return self.state in self.REPORTED

    @property
    def is_on_behalf(self) -> bool:
        """Return whether the bureau reported for the county."""
        return self.submitted_by is not None and self.submitted_by.role.may_review


def explanation_key(rule_code: str, record_ref: str) -> str:
    """Return the key of an explanation: the finding's rule code and record ref."""
    return f"{rule_code}:{record_ref}"


def finding_of_key(key: str) -> tuple[str, str]:
    """Return the rule code and record ref of an `explanation_key`."""
    rule_code, _, record_ref = key.partition(":")
    return rule_code, record_ref


class SubmissionStep(ScopedModel):
    """One step of a submission: kind, user, time, note and explanations."""

    class Kind(models.TextChoices):
        """Kinds of steps."""

        SUBMITTED = "submitted", "上报"
        RETURNED = "returned", "退回"
        ACCEPTED = "accepted", "接收"

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="steps", verbose_name="上报")
    kind = models.CharField("步骤", max_length=10, choices=Kind)
    made_at = models.DateTimeField("时间")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人")
    note = models.CharField("意见", max_length=500, blank=True)
    explanations = models.JSONField("情况说明", default=dict, blank=True, help_text="这一次上报时写的")

    scope_lookups: ClassVar[tuple[str, ...]] = ("submission__county",)

    class Meta:
        verbose_name = verbose_name_plural = "上报步骤"
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(kind="returned", note=""),
                name="step_returned_has_note",
                violation_error_message="退回应写明意见。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.submission} {self.get_kind_display()}"


class FindingCommentQuerySet(ScopedQuerySet):
    """Queries of comments."""

    def of_report(self, submission: Submission) -> Self:
        """Filter for the comments of one county's month, oldest first; the submission may be unsaved."""
        of_month = self.filter(period=submission.period, county=submission.county)
        return of_month.select_related("made_by").order_by("pk")

    def of_finding(self, rule: str, record: str) -> Self:
        """Filter for the thread of one finding: by the code of its rule and the ref of its record."""
        return self.filter(rule=rule, record=record)


class FindingComment(ScopedModel):
    """One comment at a finding of a county's month: the bureau asks, the county answers; never altered or deleted.

    It names the finding as it was when the comment was written, so that it can be read when the finding has gone.
    """

    LONGEST: ClassVar[int] = 1000

    period = models.ForeignKey(
        "periods.ReportingPeriod", models.CASCADE, related_name="finding_comments", verbose_name="统计月"
    )
    county = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="finding_comments", verbose_name="县（市、区）"
    )
    rule = models.SlugField("检查", max_length=60)
    record = models.SlugField("所说的记录", max_length=13)
    title = models.CharField("检查名称", max_length=100)
    label = models.CharField("记录名称", max_length=200)
    place = models.CharField("所在", max_length=200, blank=True)
    message = models.CharField("检查发现", max_length=500)
    url = models.CharField("链接", max_length=200, blank=True)
    text = models.CharField("意见", max_length=LONGEST)
    is_from_bureau = models.BooleanField("市局提出", help_text="否则是县（市、区）的答复")
    made_at = models.DateTimeField("时间", auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="填写人")

    scope_lookups: ClassVar[tuple[str, ...]] = ("county",)
    objects = FindingCommentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "检查意见"
        ordering = ("id",)
        indexes = (models.Index(fields=["period", "county", "rule", "record"], name="comments_of_finding"),)
        constraints = (
            models.CheckConstraint(
                condition=~Q(text=""),
                name="finding_comment_has_text",
                violation_error_message="请写明意见。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title}：{self.label}"


class ReminderQuerySet(ScopedQuerySet):
    """Queries of reminders."""

    def for_period(self, period: ReportingPeriod) -> Self:
        """Filter for the reminders of one month."""
        return self.filter(period=period)

    def newest_by_county(self) -> dict[int, Reminder]:
        """Return the newest reminder of each county, by the county's key."""
        return {reminder.county_id: reminder for reminder in self.order_by("pk")}


class Reminder(ScopedModel):
    """A reminder of a county to report a month (催报).

    The transaction that inserts the row sends the notices; the unique constraints keep others from sending them again:
    one automatic reminder for each occasion, one by hand for each day.
    """

    class Occasion(models.TextChoices):
        """Occasions of reminders."""

        DUE_SOON = "due_soon", "临近截止"
        OVERDUE = "overdue", "已过截止"
        BY_HAND = "by_hand", "市局催报"

    period = models.ForeignKey(
        "periods.ReportingPeriod", models.CASCADE, related_name="reminders", verbose_name="统计月"
    )
    county = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="reminders", verbose_name="县（市、区）"
    )
    occasion = models.CharField("事由", max_length=10, choices=Occasion)
    day = models.DateField("日期")
    sent_at = models.DateTimeField("发出时间", auto_now_add=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="催报人"
    )
    notices = models.PositiveIntegerField("通知人数", default=0)
    claim = models.CharField("领取标记", max_length=13, editable=False, help_text="插入这一行的那一次")

    scope_lookups: ClassVar[tuple[str, ...]] = ("county",)
    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "催报"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["period", "county", "occasion"],
                condition=~Q(occasion="by_hand"),
                name="reminder_once_an_occasion",
                violation_error_message="这个县这次已经自动提醒过。",
            ),
            models.UniqueConstraint(
                fields=["period", "county", "day"],
                condition=Q(occasion="by_hand"),
                name="reminder_by_hand_once_a_day",
                violation_error_message="这个县今天已经催报过。",
            ),
            models.CheckConstraint(
                condition=Q(occasion="by_hand", asked_by__isnull=False)
                | (~Q(occasion="by_hand") & Q(asked_by__isnull=True)),
                name="reminder_by_hand_has_person",
                violation_error_message="市局催报应写明催报人，自动提醒没有催报人。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.county} {self.period} {self.get_occasion_display()}"

    def is_by_hand_on(self, day: datetime.date) -> bool:
        """Return whether a user sent it on `day`; only one such reminder may be sent each day."""
        return self.occasion == self.Occasion.BY_HAND and self.day == day
