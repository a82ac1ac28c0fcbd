"""Divisions (行政区划) and their dated changes (docs/domain.md §3)."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from changzhi_portal.names import division_key, pinyin_key, readings
from changzhi_portal.records import BEGINNING, DatedQuerySet, Record, in_effect
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.scope import ScopedModel, ScopedQuerySet

# Digits of a code by level: GB/T 2260 down to the county, three more for a town, and as many again for a community.
CODE_LENGTHS = {"city": 6, "county": 6, "town": 9, "village": 12}


def is_code(text: str, level: str) -> bool:
    """Return whether the text is a code of that level: so many digits 0 to 9, no other digits of Unicode."""
    return len(text) == CODE_LENGTHS[level] and text.isascii() and text.isdecimal()


def short_code(code: str) -> str:
    """Remove the zeros that pad a division code to 12 digits: 140402000000 → 140402."""
    plain = code.strip()
    if len(plain) == 12:
        return plain[:6] if plain.endswith("000000") else plain[:9] if plain.endswith("000") else plain
    return plain


class DivisionQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of divisions."""

    def counties(self) -> Self:
        """Filter for counties (县、市、区)."""
        return self.filter(level=Division.Level.COUNTY)

    def towns(self) -> Self:
        """Filter for towns (街道、镇、乡)."""
        return self.filter(level=Division.Level.TOWN)

    def current(self) -> Self:
        """Filter for divisions that are not closed."""
        return self.filter(valid_to__isnull=True)

    def with_communities_on(self, day: datetime.date) -> Self:
        """Filter for divisions where a community lies on `day`."""
        return self.filter(in_effect(day, "placements__valid_from", "placements__valid_to")).distinct()

    def successors_on(self, day: datetime.date) -> dict[int, int]:
        """Return the successor in effect on `day` of each division closed by then, both as primary keys."""
        successors = dict(self.filter(valid_to__lte=day, successor__isnull=False).values_list("pk", "successor"))

        def latest_successor(key: int) -> int:
            while key in successors:
                key = successors[key]
            return key

        return {key: latest_successor(key) for key in successors}

    def standing_for_closed(self) -> dict[int, Division]:
        """Return the division that stands today in the place of each closed one, with its parent, by the closed one's key."""
        closed = self.filter(successor__isnull=False).select_related("successor__parent")
        successors = {division.pk: division.successor for division in closed if division.successor is not None}

        def standing(division: Division) -> Division:
            while division.pk in successors:
                division = successors[division.pk]
            return division

        return {key: standing(division) for key, division in successors.items()}

    def by_code(self, code: str) -> Division:
        """Return the newest division with this code (6, 9 or 12 digits). Raises NotFoundError when there is none."""
        division = self.filter(code=short_code(code)).order_by("-valid_from").first()
        if division is None:
            raise NotFoundError(
                f"没有代码为{code}的行政区划，请核对代码。",
                cure=f"No division has the code {code!r}. Run manage.py load_divisions, or check the code.",
                field="division",
            )
        return division


class Division(Record, ScopedModel):
    """A city, county or town from `valid_from` to `valid_to` (exclusive).

    `parent` is the division it belonged to; `path` is its position in the current tree, in which a closed division lies
    below its `successor`, so that the scope of a successor includes its past (ADR 0001).
    """

    class Level(models.TextChoices):
        """Levels of the tree."""

        CITY = "city", "市"
        COUNTY = "county", "县（市、区）"
        TOWN = "town", "街道（乡镇）"

    code = models.CharField("代码", max_length=9, db_index=True, help_text="市、县6位，街道（乡镇）9位")
    name = models.CharField("名称", max_length=50)
    name_key = models.CharField("比对用名称", max_length=50, editable=False)
    sort_key = models.CharField("拼音排序", max_length=120, editable=False)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    level = models.CharField("级别", max_length=6, choices=Level)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="predecessors", verbose_name="承接的区划"
    )
    path = models.CharField("路径", max_length=120, unique=True, editable=False)
    is_urban_district = models.BooleanField("市辖区", default=False, help_text="“每个城区培育3—5家”中的城区")
    is_statistical = models.BooleanField("仅统计用", default=False, help_text="如140471高新区，不是法定县级行政区")
    valid_from = models.DateField("起", default=BEGINNING)
    valid_to = models.DateField("止", null=True, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("",)
    dated_by: ClassVar[tuple[str, str]] = ("valid_from", "valid_to")
    objects = DivisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "行政区划"
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(valid_to__isnull=True),
                name="division_code_once",
                violation_error_message="已有使用此代码的行政区划。",
            ),
            models.UniqueConstraint(
                fields=["parent", "name"],
                condition=Q(valid_to__isnull=True),
                name="division_name_once_in_parent",
                violation_error_message="同一上级下已有同名的行政区划。",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="division_ends_after_start",
                violation_error_message="撤销日期应晚于设立日期。",
            ),
            models.CheckConstraint(
                condition=Q(successor__isnull=True) | Q(valid_to__isnull=False),
                name="division_successor_when_closed",
                violation_error_message="只有已撤销的行政区划才有承接的区划。",
            ),
            models.CheckConstraint(
                condition=Q(level="city", parent__isnull=True) | (~Q(level="city") & Q(parent__isnull=False)),
                name="division_has_parent",
                violation_error_message="县、乡镇应有上级，市没有上级。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def prepare_keys(self) -> None:
        """Set the fields derived from the name, and the path from the successor or parent; call before saving."""
        self.name_key = division_key(self.name)
        self.sort_key = pinyin_key(self.name)
        self.readings = readings(self.name)
        above = self.successor if self.successor_id else self.parent
        self.path = f"{above.path if above else ''}{self.code}/"

    @property
    def full_name(self) -> str:
        """Return the name, for a town with the county's name before it: 城区东街街道办事处."""
        return f"{self.parent}{self.name}" if self.level == self.Level.TOWN else self.name

    @property
    def name_today(self) -> str:
        """Return the name, for a closed division with that of the division in its place today: 城区（今潞州区）."""
        today = self.current_division
        return self.name if today.name == self.name else f"{self.name}（今{today.name}）"

    @property
    def current_division(self) -> Division:
        """Return the division itself or, if it is closed, its latest successor, where its users move (docs/domain.md §1.2)."""
        division = self
        while division.successor is not None:
            division = division.successor
        return division


class DivisionChangeQuerySet(models.QuerySet["DivisionChange"]):
    """Queries of noted and applied changes."""

    def waiting(self) -> Self:
        """Filter for changes that are noted and not applied."""
        return self.filter(applied_at__isnull=True)

    def in_order(self) -> Self:
        """Order as changes are applied: the earliest first."""
        return self.order_by("effective_on", "level", "from_code", "to_code")

    def noted_with(self, change: DivisionChange) -> Self:
        """Filter for the changes that stand or fall with one: all parts of a split, else it alone."""
        if change.kind != DivisionChange.Kind.SPLIT:
            return self.filter(pk=change.pk)
        return self.filter(
            effective_on=change.effective_on, level=change.level, kind=change.kind, from_code=change.from_code
        )


class DivisionChange(models.Model):
    """A dated change of one division's or community's code and name. It is noted first and applied later (docs/domain.md §3.4).

    Several to one code are a merge, one to several codes are a split. Without `to_code` a community closes, without
    `from_code` one is founded. `households` and `residents` are those of what `to_code` names, if they are newly given.
    """

    class Kind(models.TextChoices):
        """Kinds of changes."""

        MERGE = "merge", "合并"
        RENAME = "rename", "更名"
        RECODE = "recode", "代码变更"
        SPLIT = "split", "拆分"
        CLOSE = "close", "撤销"
        FOUND = "found", "设立"

    class Level(models.TextChoices):
        """Levels of what changes: those of divisions, and the community (社区、村)."""

        CITY = "city", "市"
        COUNTY = "county", "县（市、区）"
        TOWN = "town", "街道（乡镇）"
        VILLAGE = "village", "社区（村）"

    kind = models.CharField("变更", max_length=10, choices=Kind)
    level = models.CharField("级别", max_length=7, choices=Level)
    effective_on = models.DateField("生效日期")
    from_code = models.CharField("原代码", max_length=12, blank=True)
    from_name = models.CharField("原名称", max_length=60, blank=True)
    to_code = models.CharField("新代码", max_length=12, blank=True)
    to_name = models.CharField("新名称", max_length=60, blank=True)
    to_town_name = models.CharField(
        "新街道（乡镇）名称", max_length=50, blank=True, help_text="社区去往新设的街道（乡镇）时填写"
    )
    document = models.CharField("文号", max_length=100, blank=True)
    source = models.CharField("依据", max_length=200)
    households = models.PositiveIntegerField("变更后户数", null=True, blank=True)
    residents = models.PositiveIntegerField("变更后常住人口", null=True, blank=True)
    # For a split: keys of the records that go to `to_code`, by model; the others go to the main successor.
    records = models.JSONField("拆分到这里的记录", default=dict, blank=True)
    applied_at = models.DateTimeField("应用时间", null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="应用人"
    )

    objects = DivisionChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "区划变更"
        ordering = ("effective_on", "from_code")
        constraints = (
            models.UniqueConstraint(
                fields=["effective_on", "from_code", "to_code"],
                name="division_change_once",
                violation_error_message="这一区划变更已登记。",
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True, applied_by__isnull=True)
                | Q(applied_at__isnull=False, applied_by__isnull=False),
                name="division_change_applied_at_and_by",
                violation_error_message="应用时间和应用人应同时填写。",
            ),
            models.CheckConstraint(
                condition=(~Q(from_code="") & ~Q(from_name="") & ~Q(to_code="") & ~Q(to_name=""))
                | (Q(kind="close", level="village", to_code="") & ~Q(from_code="") & ~Q(from_name=""))
                | (Q(kind="found", level="village", from_code="") & ~Q(to_code="") & ~Q(to_name="")),
                name="division_change_from_and_to",
                violation_error_message="请填写原代码、原名称和新代码、新名称；只有撤销没有新的，只有设立没有原来的。",
            ),
        )

    def __str__(self) -> str:
        arrow = f"{self.from_name or '（新设）'} → {self.to_name or '（撤销）'}"
        return f"{arrow}（{self.effective_on:%Y-%m-%d}）"

    def clean(self) -> None:
        """Raise ValidationError for a change that does not say from what and to what; see `division_change_from_and_to`."""
        has_from, has_to = bool(self.from_code and self.from_name), bool(self.to_code and self.to_name)
        closes = self.kind == self.Kind.CLOSE and self.is_of_village and not self.to_code
        founds = self.kind == self.Kind.FOUND and self.is_of_village and not self.from_code
        if not ((has_from and (has_to or closes)) or (founds and has_to)):
            constraint = next(c for c in self._meta.constraints if c.name == "division_change_from_and_to")
            raise ValidationError(str(constraint.violation_error_message))

    @property
    def is_of_village(self) -> bool:
        """Return whether it changes a community, not a division."""
        return self.level == self.Level.VILLAGE
