"""Service points (服务站点): counters, platforms, stations where residents are served [四（一）3; 四（二）2; 四（三）1]."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from changzhi_portal.names import comparable, readings
from changzhi_portal.records import DatedQuerySet, FollowsCommunity, Record, exactly_one_of, not_before
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class ServicePointQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of service points."""

    def with_place(self) -> Self:
        """Load community, town and county, for lists."""
        return self.select_related("community__town__parent", "division__parent")

    def with_function(self, function: str) -> Self:
        """Filter for the points that have a function.

        Looked for as text, because SQLite has no look-up in a list; no function's name is part of another's.
        """
        return self.filter(functions__icontains=f'"{function}"')


class ServicePoint(Record, FollowsCommunity, ScopedModel):
    """A place of a community, or of a town, where residents are served; counted from opening to closing."""

    class Function(models.TextChoices):
        """What a point is for; it may be for several."""

        WINDOW = "window", "一站式服务窗口"
        ORG_PLATFORM = "org_platform", "社会组织服务平台"
        SOCIAL_WORK = "social_work", "社会工作站（室）"
        VOLUNTEER = "volunteer", "志愿服务站"

    community = models.ForeignKey(
        "communities.Community",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="service_points",
        verbose_name="社区",
    )
    division = models.ForeignKey(
        "communities.Division",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="service_points",
        verbose_name="所属区划",
        help_text="街道（乡镇）级的站点填写",
    )
    name = models.CharField("名称", max_length=100)
    name_key = models.CharField("比对用名称", max_length=100, editable=False)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    functions = models.JSONField("功能", default=list)
    windows = models.PositiveIntegerField("窗口数", null=True, blank=True)
    accepts_all = models.BooleanField("全科受理", null=True, blank=True)
    posts = models.PositiveIntegerField("社工岗位数", null=True, blank=True)
    opened_on = models.DateField("启用日期")
    closed_on = models.DateField("停用日期", null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "communities:point_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town", "division")
    dated_by: ClassVar[tuple[str, str]] = ("opened_on", "closed_on")
    objects = ServicePointQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "服务站点"
        ordering = ("community__code", "division__code", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["community", "name_key"],
                condition=Q(community__isnull=False),
                name="point_name_once_in_community",
                violation_error_message="这个社区已有同名的服务站点。",
            ),
            models.UniqueConstraint(
                fields=["division", "name_key"],
                condition=Q(division__isnull=False),
                name="point_name_once_in_division",
                violation_error_message="这个街道（乡镇）已有同名的服务站点。",
            ),
            models.CheckConstraint(
                condition=exactly_one_of("community", "division"),
                name="point_in_one_place",
                violation_error_message="服务站点应属于一个社区，或一个街道（乡镇）。",
            ),
            models.CheckConstraint(
                condition=~Q(functions=[]),
                name="point_has_function",
                violation_error_message="服务站点至少有一项功能，请补上。",
            ),
            models.CheckConstraint(
                condition=not_before("closed_on", "opened_on"),
                name="point_closes_after_opening",
                violation_error_code="date_order",
                violation_error_message="停用日期早于启用日期，请核对。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def prepare_keys(self) -> None:
        """Set the fields derived from the name; call before saving."""
        self.name_key = comparable(self.name)
        self.readings = readings(self.name)

    @property
    def function_labels(self) -> str:
        """Return the labels of the functions, separated by 、."""
        return "、".join(self.Function(code).label for code in self.functions)
