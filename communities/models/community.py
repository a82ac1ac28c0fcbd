"""Communities (社区) with their dated placements and profiles (docs/domain.md §3, §4)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery

from changelog.models import ChangeRecord
from changzhi_portal.names import community_key, pinyin_key, readings
from changzhi_portal.records import BEGINNING, DatedQuerySet, Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models.division import DivisionChange
from communities.models.entry import CommunityEntry
from communities.models.governance import GovernanceBody, has_body, verdict_on
from periods.models import ReportingPeriod


class CommunityQuerySet(ScopedQuerySet):
    """Queries of communities."""

    def current(self) -> Self:
        """Filter for communities that are not closed."""
        return self.filter(closed_on__isnull=True)

    def standing_for_closed(self) -> dict[int, int]:
        """Return the community that stands today in the place of each closed one that has a successor, both as keys."""
        successors = dict(self.filter(successor__isnull=False).values_list("pk", "successor"))

        def standing(key: int) -> int:
            seen = set()
            while key in successors and key not in seen:
                seen.add(key)
                key = successors[key]
            return key

        return {key: standing(key) for key in successors}

    def with_place(self) -> Self:
        """Load town and county, for lists."""
        return self.select_related("town__parent")

    def with_newest_profile(self) -> Self:
        """Annotate `newest_residents` with their day `newest_as_of`, and `newest_households`, for lists."""
        profiles = CommunityProfile.objects.filter(community=OuterRef("pk")).order_by("-as_of")
        counted = profiles.filter(residents__isnull=False)
        return self.annotate(
            newest_residents=Subquery(counted.values("residents")[:1]),
            newest_as_of=Subquery(counted.values("as_of")[:1]),
            newest_households=Subquery(profiles.filter(households__isnull=False).values("households")[:1]),
        )

    def reported(self) -> Self:
        """Filter for the communities that offices report every month: real ones that stand."""
        return self.current().filter(is_virtual=False)

    def with_entry(self, period: ReportingPeriod) -> Self:
        """Annotate `is_entered`: whether the office has said for the month what is so, by a page or by figures of the month.

        `entry_state` is what was said in the page, None for nothing. What a change of divisions has added up is no figure
        of the month (`has_figures`).
        """
        said = CommunityEntry.objects.standing().filter(community=OuterRef("pk"), period=period.pk)
        figures = CommunityProfile.objects.entered().filter(
            community=OuterRef("pk"), as_of__gte=period.month, as_of__lte=period.as_of
        )
        return self.annotate(
            entry_state=Subquery(said.values("state")[:1]),
            has_figures=Exists(figures),
            is_entered=Exists(said) | Exists(figures),
        )

    def with_bodies_verdict(self) -> Self:
        """Annotate `bodies_verdict` (GovernanceBody.Verdict), and `has_party` … for each judged body: None if not reported.

        The registers hold today's bodies alone, so that a verdict of an earlier day is not known.
        """
        names = {kind: f"has_{kind}" for kind in GovernanceBody.JUDGED}
        has = self.annotate(**{name: has_body(kind) for kind, name in names.items()})
        return has.annotate(bodies_verdict=verdict_on(names))

    def named(self, name: str) -> Self:
        """Filter by name, ignoring endings such as 居委会."""
        return self.filter(name_key=community_key(name))


class Community(Record, ScopedModel):
    """A 社区 or 行政村, across all changes of its place. `town`, `code` and `name` repeat its open placement (ADR 0002)."""

    class Kind(models.TextChoices):
        """城市社区 or 农村社区; blank until a person sets it, for codes with a number from 400 on."""

        URBAN = "urban", "城市社区"
        RURAL = "rural", "农村社区"

    town = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="communities", verbose_name="街道（乡镇）"
    )
    code = models.CharField("社区代码", max_length=12)
    name = models.CharField("社区名称", max_length=60)
    name_key = models.CharField("比对用名称", max_length=60, editable=False, db_index=True)
    sort_key = models.CharField("拼音排序", max_length=120, editable=False, db_index=True)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    kind = models.CharField("类型", max_length=5, choices=Kind, blank=True)
    is_virtual = models.BooleanField("虚拟", default=False, help_text="名称含“虚拟”的保留但不参与测评")
    closed_on = models.DateField("撤销日期", null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="predecessors", verbose_name="承接的社区"
    )
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "communities:community_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("town",)
    history_parts: ClassVar[tuple[str, ...]] = ("profiles", "bodies")  # relations whose changes its history shows
    objects = CommunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社区"
        ordering = ("code",)
        # Lists of the records of communities are sorted by it, closed ones included, which `community_code_once` leaves out.
        indexes = (models.Index(fields=["code"], name="community_code"),)
        constraints = (
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(closed_on__isnull=True),
                name="community_code_once",
                violation_error_message="已有使用此代码的社区。",
            ),
            models.UniqueConstraint(
                fields=["town", "name"],
                condition=Q(closed_on__isnull=True),
                name="community_name_once_in_town",
                violation_error_message="同一街道（乡镇）内已有同名社区。",
            ),
            models.CheckConstraint(
                condition=Q(successor__isnull=True) | (Q(closed_on__isnull=False) & ~Q(successor=F("id"))),
                name="community_successor_when_closed",
                violation_error_message="只有已撤销的社区才有承接的社区，而且不是它自己。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def verdict_in_words(self) -> str:
        """Return the verdict on the bodies and what is missing: 不健全：没有监督委员会. Call on rows `with_bodies_verdict`."""
        has = {kind: getattr(self, f"has_{kind}") for kind in GovernanceBody.JUDGED}
        verdict = GovernanceBody.Verdict(self.bodies_verdict)  # type: ignore[attr-defined]  # annotated
        lacking = [GovernanceBody.Kind(kind).label for kind, there in has.items() if there is False]
        unreported = [GovernanceBody.Kind(kind).label for kind, there in has.items() if there is None]
        told = []
        if lacking:
            told.append(f"没有{'、'.join(lacking)}")
        if unreported and verdict is not GovernanceBody.Verdict.COMPLETE:
            told.append(f"没有填{'、'.join(unreported)}")
        return f"{verdict.label}：{'；'.join(told)}" if told else verdict.label

    def prepare_keys(self) -> None:
        """Set the columns derived from the name; call before saving."""
        self.name_key = community_key(self.name)
        self.sort_key = pinyin_key(self.name)
        self.readings = readings(self.name)


class PlacementQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of placements."""


class CommunityPlacement(ScopedModel):
    """The town, code and name of a community from `valid_from` to `valid_to` (exclusive)."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="placements", verbose_name="社区")
    town = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="placements", verbose_name="街道（乡镇）"
    )
    code = models.CharField("社区代码", max_length=12, db_index=True)
    name = models.CharField("社区名称", max_length=60)
    name_key = models.CharField("比对用名称", max_length=60, editable=False, db_index=True)
    valid_from = models.DateField("起", default=BEGINNING)
    valid_to = models.DateField("止", null=True, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("town",)
    dated_by: ClassVar[tuple[str, str]] = ("valid_from", "valid_to")
    objects = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社区归属"
        ordering = ("community", "valid_from")
        constraints = (
            models.UniqueConstraint(
                fields=["community"],
                condition=Q(valid_to__isnull=True),
                name="placement_open_once",
                violation_error_message="一个社区同一时间只能有一个归属。",
            ),
            models.UniqueConstraint(
                fields=["community", "valid_from"],
                name="placement_starts_once",
                violation_error_message="社区在这一天已有归属。",
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(valid_to__isnull=True),
                name="placement_code_once",
                violation_error_message="已有使用此代码的社区。",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="placement_ends_after_start",
                violation_error_message="归属的止日应晚于起日。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}（{self.code}）"


class CommunityProfileQuerySet(ScopedQuerySet):
    """Queries of profiles."""

    def entered(self) -> Self:
        """Leave out what a change of divisions has written and nobody has altered since."""
        logged = ChangeRecord.objects.filter(model=self.model._meta.label_lower)
        changes = ChangeRecord.objects.filter(model=DivisionChange._meta.label_lower).values("change_set")
        by_people = logged.not_undone().filter(object_id=OuterRef("object_id")).exclude(change_set__in=changes)
        written = logged.filter(~Exists(by_people), kind=ChangeRecord.Kind.CREATED, change_set__in=changes)
        return self.exclude(pk__in=written.values("object_id"))


class CommunityProfile(ScopedModel):
    """Households and residents of a community, counted on one day (社区概况)."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="profiles", verbose_name="社区")
    as_of = models.DateField("数据日期")
    households = models.PositiveIntegerField("户数", null=True, blank=True)
    residents = models.PositiveIntegerField("常住人口", null=True, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town",)
    objects = CommunityProfileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社区概况"
        ordering = ("community", "-as_of")
        constraints = (
            models.UniqueConstraint(
                fields=["community", "as_of"],
                name="profile_once_a_day",
                violation_error_message="这个社区这一天已有概况数据。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.community} {self.as_of:%Y-%m-%d}"
