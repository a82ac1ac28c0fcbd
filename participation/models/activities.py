"""Activities (活动) of organizations and residents in communities: how many, for whom, with how many volunteers [四（二）3].

Counts alone; nobody who takes part or is helped is named (docs/domain.md §13.3).
"""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from changzhi_portal.names import comparable, readings
from changzhi_portal.records import Record, exactly_one_of
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from orgs.models import SocialOrganization, SocialOrganizationQuerySet
from periods.models import years_before


class ActivityQuerySet(ScopedQuerySet):
    """Queries of activities."""

    def with_place(self) -> Self:
        """Load community, town, county and organization, for lists."""
        return self.select_related("community__town__parent", "division__parent", "organization")

    def of(self, organization: SocialOrganization) -> Self:
        """Filter for the activities of an organization and of those that were merged into it."""
        return self.filter(Q(organization=organization) | Q(organization__merged_into=organization))


class Activity(Record, ScopedModel):
    """One activity in a community, or of a whole street or town; `volunteer_hours` are those of all volunteers together."""

    class Kind(models.TextChoices):
        """活动类型 [四（二）3]."""

        NEIGHBOURS = "neighbours", "邻里互助"
        NEWCOMERS = "newcomers", "居民融入"
        DISPUTES = "disputes", "纠纷调解"
        SAFETY = "safety", "平安创建"
        RELIEF = "relief", "扶贫济困"
        VOLUNTEERING = "volunteering", "志愿服务"
        CULTURE_SPORTS = "culture_sports", "文体"
        CONVENIENCE = "convenience", "便民服务"
        OTHER = "other", "其他"

    community = models.ForeignKey(
        "communities.Community", models.PROTECT, null=True, blank=True, related_name="activities", verbose_name="社区"
    )
    division = models.ForeignKey(
        "communities.Division",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name="所属区划",
        help_text="街道（乡镇）的活动填写",
    )
    held_on = models.DateField("活动日期")
    title = models.CharField("活动名称", max_length=100)
    title_key = models.CharField("比对用名称", max_length=100, editable=False)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    kind = models.CharField("活动类型", max_length=16, choices=Kind)
    organization = models.ForeignKey(
        SocialOrganization, models.PROTECT, null=True, blank=True, related_name="activities", verbose_name="开展组织"
    )
    project = models.ForeignKey(
        "services.ServiceProject",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name="购买服务项目",
    )
    participants = models.PositiveIntegerField("参加人数", null=True, blank=True)
    audience = models.CharField("服务对象", max_length=100, blank=True)
    households = models.PositiveIntegerField("帮扶户数", null=True, blank=True)
    volunteers = models.PositiveIntegerField("志愿者人数", null=True, blank=True)
    volunteer_hours = models.DecimalField("志愿服务时长（小时）", max_digits=8, decimal_places=1, null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "participation:activity_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town", "division")
    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "活动"
        ordering = ("-held_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["community", "held_on", "title_key"],
                condition=Q(community__isnull=False),
                name="activity_once_in_community",
                violation_error_message="这个社区当天已登记同名的活动。",
            ),
            models.UniqueConstraint(
                fields=["division", "held_on", "title_key"],
                condition=Q(division__isnull=False),
                name="activity_once_in_division",
                violation_error_message="这个街道（乡镇）当天已登记同名的活动。",
            ),
            models.CheckConstraint(
                condition=exactly_one_of("community", "division"),
                name="activity_in_one_place",
                violation_error_message="活动应属于一个社区，或一个街道（乡镇）。",
            ),
            models.CheckConstraint(
                condition=Q(volunteer_hours__isnull=True) | Q(volunteer_hours__gte=0),
                name="activity_hours_not_negative",
                violation_error_message="志愿服务时长不能是负数。",
            ),
            models.CheckConstraint(
                condition=Q(volunteer_hours__isnull=True)
                | Q(volunteer_hours=0)
                | Q(volunteers__isnull=False, volunteers__gt=0),
                name="activity_with_hours_has_volunteers",
                violation_error_code="required",
                violation_error_message="填了志愿服务时长的，请填志愿者人数。",
            ),
        )
        indexes = (models.Index(fields=["held_on"], name="activity_by_day"),)

    def __str__(self) -> str:
        return self.title

    def prepare_keys(self) -> None:
        """Set the columns derived from the title; call before saving."""
        self.title_key = comparable(self.title)
        self.readings = readings(self.title)


def inactive(organizations: SocialOrganizationQuerySet, day: datetime.date) -> SocialOrganizationQuerySet:
    """Filter organizations in effect on `day`, and for a year, that have held no activity in the twelve months until then.

    What was held by an organization that was merged into one counts for that one.
    """
    since = years_before(day)
    held = Activity.objects.filter(held_on__gt=since, held_on__lte=day).order_by()
    own = Exists(held.filter(organization=OuterRef("pk")))
    merged = Exists(held.filter(organization__merged_into=OuterRef("pk")))
    return organizations.in_effect_on(day).filter(~own, ~merged, established_on__lte=since)
