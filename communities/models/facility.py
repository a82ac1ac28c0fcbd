"""Service facilities (社区综合服务设施) [四（一）2]."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Case, IntegerField, Q, TextField, Value, When
from django.db.models.functions import Cast

from changzhi_portal.names import comparable, readings
from changzhi_portal.records import (
    DatedQuerySet,
    FollowsCommunity,
    MergeableRecord,
    UnmergedManager,
    merge_constraints,
    not_before,
)
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class FacilityQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of facilities."""

    def with_place(self) -> Self:
        """Load community, town and county, for lists."""
        return self.select_related("community__town__parent")

    def with_functions(self) -> Self:
        """Annotate `serves_party` … for each function: 1 where the facility has it, else 0.

        The list is compared as text, since SQLite does not look into JSON; the codes hold no quotation mark.
        """
        stored = self.annotate(functions_text=Cast("functions", TextField()))
        has = {
            f"serves_{code}": Case(
                When(functions_text__contains=f'"{code}"', then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            )
            for code in Facility.Function.values
        }
        return stored.annotate(**has)


class Facility(MergeableRecord, FollowsCommunity, ScopedModel):
    """A building or rooms that serve a community, counted from opening to closing."""

    class Kind(models.TextChoices):
        """Kinds of facilities; only 综合服务设施 counts towards the 500 m²."""

        INTEGRATED = "integrated", "综合服务设施"
        ACTIVITY = "activity", "活动场所"
        WELFARE = "welfare", "公益性服务设施"

    class ConstructionMode(models.TextChoices):
        """How the facility was provided [四（一）2]."""

        NEW = "new", "筹资新建"
        DEVELOPER = "developer", "开发配建"
        PURCHASE = "purchase", "政府购买"
        DONATED = "donated", "驻区单位援助"
        REALLOCATED = "reallocated", "调剂置换"

    class Tenure(models.TextChoices):
        """Kinds of tenure."""

        OWNED = "owned", "自有"
        LEASED = "leased", "租赁"
        BORROWED = "borrowed", "借用"
        SHARED = "shared", "共建"

    class Function(models.TextChoices):
        """The five functions a facility may have [四（一）2]."""

        PARTY = "party", "党员活动中心"
        DELIBERATION = "deliberation", "居民议事中心"
        CONVENIENCE = "convenience", "便民服务中心"
        CULTURE = "culture", "文化活动中心"
        ELDERLY = "elderly", "社区养老和老年服务中心"

    community = models.ForeignKey(
        "communities.Community", models.PROTECT, related_name="facilities", verbose_name="社区"
    )
    name = models.CharField("设施名称", max_length=100)
    name_key = models.CharField("比对用名称", max_length=100, editable=False)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    kind = models.CharField("设施类型", max_length=10, choices=Kind)
    area = models.DecimalField("建筑面积（㎡）", max_digits=10, decimal_places=2)
    activity_area = models.DecimalField("居民活动面积（㎡）", max_digits=10, decimal_places=2, null=True, blank=True)
    construction_mode = models.CharField("建设方式", max_length=12, choices=ConstructionMode, blank=True)
    tenure = models.CharField("产权", max_length=10, choices=Tenure, blank=True)
    functions = models.JSONField("功能", default=list, blank=True)
    opened_on = models.DateField("启用日期")
    closed_on = models.DateField("停用日期", null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "communities:facility_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town",)
    dated_by: ClassVar[tuple[str, str]] = ("opened_on", "closed_on")
    objects = UnmergedManager.from_queryset(FacilityQuerySet)()
    with_merged = FacilityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "服务设施"
        ordering = ("community__code", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["community", "name_key"],
                condition=Q(merged_into__isnull=True),
                name="facility_name_once_in_community",
                violation_error_message="这个社区已有同名设施。",
            ),
            models.CheckConstraint(
                condition=Q(area__gte=0) & (Q(activity_area__isnull=True) | Q(activity_area__gte=0)),
                name="facility_area_not_negative",
                violation_error_message="面积不能是负数。",
            ),
            models.CheckConstraint(
                condition=not_before("closed_on", "opened_on"),
                name="facility_closes_after_opening",
                violation_error_code="date_order",
                violation_error_message="停用日期早于启用日期，请核对。",
            ),
            *merge_constraints("facility", "closed_on"),
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
