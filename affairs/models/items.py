"""事项: what residents and organizations may hand in at a counter (systems.md §B; docs/domain.md §16).

An item is what its code names. What it promises and asks for belongs to a version, which holds from a day: a change from a day
makes a new version, so that a case goes on by the version that it was accepted under.
"""

from __future__ import annotations

import datetime
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q

from changzhi_portal.names import comparable, readings
from changzhi_portal.records import DatedQuerySet, Record, in_effect, not_before
from changzhi_portal.rights import Viewer
from changzhi_portal.scope import ScopedModel, ScopedQuerySet, paths_above, scope_path_of

# Characters of the materials of one version, as they are written in a cell.
LONGEST_MATERIALS: Final = 2_000


class ItemQuerySet(ScopedQuerySet):
    """Queries of items."""

    def visible_to(self, user: Viewer) -> Self:
        """Filter for the items that are kept by a user's division or those above or below it: the city's hold everywhere."""
        path = scope_path_of(user)
        if path is None:
            return self.none()
        return self.filter(Q(Item.in_subtree(path)) | Q(division__path__in=paths_above(path)))

    def with_newest_version(self) -> Self:
        """Load the newest version, which may begin later, as `newest`."""
        newest = FilteredRelation("versions", condition=Q(versions__is_newest=True))
        return self.annotate(newest=newest).select_related("newest")

    def with_version_on(self, day: datetime.date) -> Self:
        """Load the version that holds on a day as `current`; None for an item without one."""
        holds = FilteredRelation("versions", condition=in_effect(day, "versions__valid_from", "versions__valid_to"))
        return self.annotate(current=holds).select_related("current")

    def in_use_on(self, day: datetime.date) -> Self:
        """Filter for the items that may be handed in on a day: in use, with a version that holds."""
        holding = ItemVersion.objects.in_effect_on(day).filter(item=OuterRef("pk")).order_by()
        return self.filter(Exists(holding), state=Item.State.IN_USE)


class Item(Record, ScopedModel):
    """A matter, kept by the city for all its counters. `catalogue_code` is its code in the basic list of the state."""

    class Kind(models.TextChoices):
        """类型."""

        PERMIT = "permit", "行政许可"
        BENEFIT = "benefit", "行政给付"
        AWARD = "award", "行政奖励"
        CONFIRMATION = "confirmation", "行政确认"
        RULING = "ruling", "行政裁决"
        OTHER_POWER = "other_power", "其他行政权力"
        SERVICE = "service", "公共服务"

    class Audience(models.TextChoices):
        """服务对象."""

        PERSON = "person", "自然人"
        ORGANIZATION = "organization", "组织"

    class State(models.TextChoices):
        """状态."""

        IN_USE = "in_use", "在用"
        PAUSED = "paused", "暂停"
        CANCELLED = "cancelled", "取消"

    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="items", verbose_name="所属区划")
    code = models.CharField("事项编码", max_length=40)
    code_key = models.CharField("比对用编码", max_length=40, unique=True, editable=False)
    catalogue_code = models.CharField("基本编码", max_length=12, blank=True, default="")
    name = models.CharField("名称", max_length=100)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    kind = models.CharField("类型", max_length=16, choices=Kind)
    audience = models.CharField("服务对象", max_length=16, choices=Audience)
    state = models.CharField("状态", max_length=12, choices=State, default=State.IN_USE)
    note = models.CharField("备注", max_length=500, blank=True, default="")

    record_page: ClassVar[str] = "affairs:item_detail"
    history_parts: ClassVar[tuple[str, ...]] = ("versions",)
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公共服务事项"
        ordering = ("code", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(catalogue_code="") | Q(catalogue_code__regex=r"^[0-9]{12}$"),
                name="item_catalogue_code_has_12_digits",
                violation_error_message="基本编码是12位数字，请核对。",
            ),
            models.CheckConstraint(
                condition=~Q(code=""), name="item_has_code", violation_error_message="请填写事项编码。"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def prepare_keys(self) -> None:
        """Set the columns derived from code and name; call before saving."""
        self.code_key = comparable(self.code)
        self.readings = readings(self.name)

    def version_on(self, day: datetime.date) -> ItemVersion | None:
        """Return the version that holds on a day; None without one."""
        return self.versions.in_effect_on(day).first()

    def is_in_use_on(self, day: datetime.date) -> bool:
        """Return whether it may be handed in on a day, as `ItemQuerySet.in_use_on`."""
        return self.state == self.State.IN_USE and self.version_on(day) is not None


class ItemVersionQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of versions."""


class ItemVersion(ScopedModel):
    """What an item promises and asks for from `valid_from` to `valid_to` (exclusive); times are in working days.

    `materials` says in words what is to be brought, as it stands in the sheet; the rows of `ItemMaterial` are the same.
    """

    class Mode(models.TextChoices):
        """办件类型."""

        INSTANT = "instant", "即办件"
        PROMISED = "promised", "承诺件"

    class Reach(models.TextChoices):
        """通办范围: which counters accept it."""

        CITY = "city", "全市"
        COUNTY = "county", "全县"
        TOWN = "town", "本街道（乡镇）"

    item = models.ForeignKey(Item, models.CASCADE, related_name="versions", verbose_name="事项")
    basis = models.CharField("设定依据", max_length=300, blank=True, default="")
    mode = models.CharField("办件类型", max_length=12, choices=Mode)
    legal_days = models.PositiveSmallIntegerField("法定时限（工作日）", null=True, blank=True)
    promised_days = models.PositiveSmallIntegerField("承诺时限（工作日）")
    reach = models.CharField("通办范围", max_length=12, choices=Reach)
    materials = models.TextField("申请材料", max_length=LONGEST_MATERIALS, blank=True, default="")
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True, help_text="从这一天起不再办理；没有的留空。")
    is_newest = models.BooleanField("最近一版", default=True, editable=False)

    scope_lookups: ClassVar[tuple[str, ...]] = ("item__division",)
    dated_by: ClassVar[tuple[str, str]] = ("valid_from", "valid_to")
    objects = ItemVersionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "事项版本"
        ordering = ("item", "-valid_from")
        constraints = (
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(valid_to__isnull=True),
                name="item_in_force_once",
                violation_error_message="一个事项同一时间只能有一版在用。",
            ),
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(is_newest=True),
                name="item_newest_version_once",
                violation_error_message="一个事项只能有一个最近的版本。",
            ),
            models.UniqueConstraint(
                fields=["item", "valid_from"],
                name="item_version_starts_once",
                violation_error_message="这个事项在这一天已有一版。",
            ),
            models.CheckConstraint(
                condition=Q(legal_days__isnull=True) | Q(promised_days__lte=F("legal_days")),
                name="item_promises_within_law",
                violation_error_code="bad_number",
                violation_error_message="承诺时限不能超过法定时限，请核对。",
            ),
            models.CheckConstraint(
                condition=~Q(mode="instant") | Q(promised_days=0),
                name="instant_item_promises_no_day",
                violation_error_code="bad_number",
                violation_error_message="即办件当天办结，承诺时限应为0。",
            ),
            models.CheckConstraint(
                condition=not_before("valid_to", "valid_from"),
                name="item_version_ends_after_start",
                violation_error_code="date_order",
                violation_error_message="“止”早于“起”，请核对。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.item}（{self.valid_from}起）"


class ItemMaterialQuerySet(ScopedQuerySet):
    """Queries of materials."""

    def in_use_on(self, day: datetime.date) -> Self:
        """Filter for what is asked for on a day: listed by the version that holds, of an item in use."""
        versions = ItemVersion.objects.in_effect_on(day).filter(item__state=Item.State.IN_USE)
        return self.filter(is_listed=True, version__in=versions.order_by())


class ItemMaterial(ScopedModel):
    """One thing to be brought (材料) under a version of an item.

    `may_follow` (容缺): it may be brought later. `is_reusable` (免交): not asked for where one of this name was seen for the
    applicant within `valid_months`. One that a correction has struck is not `is_listed`.
    """

    version = models.ForeignKey(ItemVersion, models.CASCADE, related_name="listed", verbose_name="事项版本")
    name = models.CharField("名称", max_length=100)
    position = models.PositiveSmallIntegerField("顺序", default=0)
    is_required = models.BooleanField("必要", default=True)
    may_follow = models.BooleanField("可容缺", default=False)
    is_reusable = models.BooleanField("可免交", default=False)
    valid_months = models.PositiveSmallIntegerField("有效月数", null=True, blank=True)
    is_listed = models.BooleanField("需要", default=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("version__item__division",)
    objects = ItemMaterialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "申请材料"
        ordering = ("version", "position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["version", "name"],
                name="item_material_once",
                violation_error_message="同一种材料只写一次。",
            ),
            models.CheckConstraint(
                condition=Q(is_reusable=False) | Q(valid_months__gte=1),
                name="reusable_material_has_months",
                violation_error_message="可免交的材料要写有效月数。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def marks(self) -> str:
        """Return what is said of it besides its name, separated by 、; "" for one that must simply be brought."""
        said = (
            ("非必要", not self.is_required),
            ("可容缺", self.may_follow),
            ("可免交", self.is_reusable),
            (f"有效{self.valid_months}个月", self.valid_months is not None),
        )
        return "、".join(word for word, holds in said if holds)
