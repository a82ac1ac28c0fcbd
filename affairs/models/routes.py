"""实施清单: which department of which division handles an item (systems.md §B; docs/domain.md §16)."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from affairs.models.items import Item, ItemVersion
from changzhi_portal.records import DatedQuerySet, Record, not_before
from changzhi_portal.rights import Viewer
from changzhi_portal.scope import ScopedModel, ScopedQuerySet, paths_above, scope_path_of


class ItemRouteQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of routes."""

    def visible_to(self, user: Viewer) -> Self:
        """Filter for the routes of a user's area, and those of the divisions above, which handle what comes from there."""
        path = scope_path_of(user)
        if path is None:
            return self.none()
        return self.filter(Q(ItemRoute.in_subtree(path)) | Q(division__path__in=paths_above(path)))

    def with_place(self) -> Self:
        """Load item, department and division, for lists."""
        return self.select_related("item", "department", "division__parent")

    def in_use_on(self, day: datetime.date) -> Self:
        """Filter for the routes that take cases on a day: in use, begun and not ended, of an item that is in use."""
        items = Item.objects.in_use_on(day)
        return self.in_effect_on(day).filter(state=ItemRoute.State.IN_USE, item__in=items)

    def serving(self, path: str) -> Self:
        """Filter for the routes of the division with this path and of those above it, the nearest first: town, county, city."""
        above = self.filter(division__path__in=paths_above(path)).annotate(nearness=Length("division__path"))
        return above.order_by("-nearness", "-valid_from", "pk")


class ItemRoute(Record, ScopedModel):
    """The department that handles an item for a town, a county or the whole city. Its promise may only be shorter."""

    class State(models.TextChoices):
        """状态."""

        IN_USE = "in_use", "在用"
        PAUSED = "paused", "暂停"
        CANCELLED = "cancelled", "取消"

    item = models.ForeignKey(Item, models.PROTECT, related_name="routes", verbose_name="事项")
    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="item_routes", verbose_name="所属区划"
    )
    department = models.ForeignKey(
        "accounts.Department", models.PROTECT, related_name="item_routes", verbose_name="承办部门"
    )
    implementation_code = models.CharField("实施编码", max_length=31, blank=True, default="")
    promised_days = models.PositiveSmallIntegerField("承诺时限（工作日）", null=True, blank=True)
    is_entered = models.BooleanField("进驻综合窗口", default=False)
    state = models.CharField("状态", max_length=12, choices=State, default=State.IN_USE)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True, help_text="从这一天起不再承办；没有的留空。")
    note = models.CharField("备注", max_length=500, blank=True, default="")

    record_page: ClassVar[str] = "affairs:route_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    dated_by: ClassVar[tuple[str, str]] = ("valid_from", "valid_to")
    objects = ItemRouteQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "实施清单"
        ordering = ("item__code", "division__code", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["item", "division"],
                condition=Q(valid_to__isnull=True),
                name="item_route_once",
                violation_error_message="这个事项在这里已有承办部门。",
            ),
            models.CheckConstraint(
                condition=Q(implementation_code="") | Q(implementation_code__regex=r"^[0-9A-Z]{18}[2-5][0-9]{12}$"),
                name="implementation_code_has_31_characters",
                violation_error_message="实施编码是31位：18位统一社会信用代码，1位层级（2省、3市、4县、5乡镇），12位基本编码，请核对。",
            ),
            models.CheckConstraint(
                condition=not_before("valid_to", "valid_from"),
                name="item_route_ends_after_start",
                violation_error_code="date_order",
                violation_error_message="“止”早于“起”，请核对。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.item}（{self.division.name}）"

    def days_under(self, version: ItemVersion) -> int:
        """Return the working days that are promised here under a version: its own where they are shorter."""
        return version.promised_days if self.promised_days is None else min(self.promised_days, version.promised_days)
