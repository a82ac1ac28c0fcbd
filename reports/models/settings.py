"""How the issues of a division look, who they are addressed to, and on which day they appear (简报设置)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel

MASTHEAD = "三社联动工作简报"


class BriefingSettings(Record, ScopedModel):
    """The settings of one division's issues. A draft takes them over each time it is printed; an issued edition keeps its own.

    `office` is "" for the division's own bureau (`reports.figures.issuing_office`). `publication_day` is the day of the
    following month on which an approved issue appears by itself, the last day in a shorter month, and the next working
    day where that is none; None: people issue it. Without `needs_approval` an issue also appears on that day if nobody
    has approved it, once the report of every county is accepted. `publishes_since` is when a day was first set: days before
    it are not made up for. `unread_workdays`: after so many working days recipients who have not read an issue are
    reminded; None: never.
    """

    division = models.OneToOneField(
        "communities.Division", models.PROTECT, related_name="briefing_settings", verbose_name="区划"
    )
    masthead = models.CharField("报头名称", max_length=12, default=MASTHEAD)
    office = models.CharField("编发单位", max_length=30, blank=True, help_text="不填则为本级民政局")
    seal_line = models.CharField("签发", max_length=30, blank=True, help_text="如“签发：王某某”，印在期号右侧")
    reported_to = models.CharField("报", max_length=200, blank=True)
    copied_to = models.CharField("送", max_length=200, blank=True)
    distributed_to = models.CharField("发", max_length=200, blank=True)
    copies = models.PositiveSmallIntegerField("印数", default=30)
    publication_day = models.PositiveSmallIntegerField(
        "印发日", null=True, blank=True, help_text="次月几日自动印发，逢休息日顺延到下一个工作日；不填则由人工印发"
    )
    needs_approval = models.BooleanField(
        "签发后才印发", default=True, help_text="不勾选：到印发日各县（市、区）都已接收的，不经签发也自动印发"
    )

    publishes_since = models.DateField("自动印发启用日期", null=True, blank=True, editable=False)
    unread_workdays = models.PositiveSmallIntegerField(
        "未读提醒",
        null=True,
        blank=True,
        default=3,
        help_text="印发后几个工作日还没有看的，提醒收件人一次；不填则不提醒",
    )

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)

    class Meta:
        verbose_name = verbose_name_plural = "简报设置"
        ordering = ("division__code",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(masthead=""),
                name="briefing_settings_have_masthead",
                violation_error_message="请填写报头名称。",
            ),
            models.CheckConstraint(
                condition=Q(publication_day__isnull=True) | Q(publication_day__range=(1, 31)),
                name="briefing_settings_day_of_month",
                violation_error_message="印发日应是1到31之间的一天。",
            ),
            models.CheckConstraint(
                condition=Q(publication_day__isnull=True) | Q(publishes_since__isnull=False),
                name="briefing_settings_publish_since",
                violation_error_message="设了印发日，应有启用日期。",
            ),
            models.CheckConstraint(
                condition=Q(unread_workdays__isnull=True) | Q(unread_workdays__range=(1, 30)),
                name="briefing_settings_unread_workdays",
                violation_error_message="未读提醒应在1到30个工作日之间。",
            ),
            models.CheckConstraint(
                condition=Q(copies__range=(1, 9999)),
                name="briefing_settings_copies",
                violation_error_message="印数应在1到9999之间。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division}简报设置"
