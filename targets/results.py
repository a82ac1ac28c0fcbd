"""The question that the list of results answers: a month, a plan, a target, and whose boundaries (docs/domain.md §3, §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Count, DecimalField, F, Sum, Value

from changzhi_portal.display import display_number
from changzhi_portal.indicators import indicator_named
from changzhi_portal.rights import Actor
from communities.models import Division
from communities.models.division import DivisionQuerySet
from periods.models import ReportingPeriod
from targets.addresses import NOW, THEN, results_address
from targets.current_boundaries import counties_judged_in_current_boundaries
from targets.judgement import Verdict, ratio_of
from targets.models import CommunityMeasure, Computation, DivisionMeasure, Target, TargetPlan
from targets.models.measure import CommunityMeasureQuerySet

MOST_PLACES_NAMED = 4


@dataclass(frozen=True)
class Question:
    """A month's communities (counties) judged by one target, as one user may see them.

    `period` is None before any month was measured, `target` while the plan scores nothing.
    """

    user: Actor
    periods: tuple[ReportingPeriod, ...]
    period: ReportingPeriod | None
    computation: Computation | None
    plans: tuple[TargetPlan, ...]
    plan: TargetPlan | None
    targets: tuple[Target, ...]
    target: Target | None
    boundaries: str

    @classmethod
    def read(cls, asked: Mapping[str, Any], user: Actor) -> Question:
        """Return the question of an address; what it leaves out, or says wrongly, is the newest month's own.

        The month's own plan is the version it was judged by; another plan is judged by its current version.
        """
        periods = tuple(ReportingPeriod.objects.filter(computations__finished_at__isnull=False).order_by("-month"))
        period = _named(periods, asked.get("period", "")) or next(iter(periods), None)
        computations = Computation.objects.select_related("plan")
        computation = computations.of_period(period) if period is not None else None
        own = (computation.plan,) if computation is not None else ()
        others = [plan for plan in TargetPlan.objects.current() if plan.code not in {each.code for each in own}]
        plans = (*own, *others)
        plan = _named(plans, asked.get("plan", "")) or next(iter(plans), None)
        scored = plan.targets.filter(is_scored=True).order_by("position") if plan is not None else ()
        targets = tuple(scored)
        target = _named(targets, asked.get("target", "")) or next(iter(targets), None)
        boundaries = NOW if asked.get("boundaries") == NOW else THEN
        return cls(user, periods, period, computation, plans, plan, targets, target, boundaries)

    @property
    def is_answerable(self) -> bool:
        """Return whether there are figures and a target to judge them by."""
        return self.period is not None and self.target is not None

    @property
    def uses_own_plan(self) -> bool:
        """Return whether the month is judged by the plan that its published results follow."""
        return self.computation is not None and self.plan == self.computation.plan

    @property
    def judges_communities(self) -> bool:
        """Return whether the units judged are communities; otherwise they are counties."""
        return self.target is None or self.target.level == Target.Level.COMMUNITY

    @property
    def is_now(self) -> bool:
        """Return whether the places are those of today."""
        return self.boundaries == NOW

    @property
    def whose_boundaries(self) -> str:
        """Return whose the places are, in words: 现行区划, 2018年10月的区划."""
        return "现行区划" if self.is_now or self.period is None else f"{self.period}的区划"

    @property
    def county_lookup(self) -> str:
        """Return the lookup from a community's measure to the county that the list shows."""
        return "community__town__parent" if self.is_now else "county"

    @property
    def town_lookup(self) -> str:
        """Return the lookup from a community's measure to the town that the list shows."""
        return "community__town" if self.is_now else "town"

    def communities(self) -> CommunityMeasureQuerySet:
        """Return the communities judged, with `verdict`, `value` and `missing`; none when counties are judged."""
        measures = CommunityMeasure.objects.visible_to(self.user)
        if self.period is None or self.target is None or not self.judges_communities:
            nothing = Value(None, output_field=DecimalField())
            return measures.none().annotate(verdict=Value(""), value=nothing, missing=nothing)
        judged = measures.for_period(self.period).judged_by(self.target).with_place()
        return judged.select_related("community__town__parent") if self.is_now else judged

    def counties(self) -> list[DivisionMeasure]:
        """Return the counties judged by a target for counties, by code; [] when communities are judged."""
        if self.period is None or self.target is None or self.judges_communities:
            return []
        if self.is_now:
            return counties_judged_in_current_boundaries(self.period, self.target, user=self.user)
        measures = DivisionMeasure.objects.visible_to(self.user).for_period(self.period).judged_by(self.target)
        return list(measures.select_related("division").order_by("division__code"))

    def divisions(self) -> DivisionQuerySet:
        """Return the divisions to choose from: those of the month, or those of today."""
        seen = Division.objects.visible_to(self.user).select_related("parent")
        if self.is_now:
            return seen.current()
        measured = DivisionMeasure.objects.filter(period=self.period)
        return seen.filter(pk__in=measured.values("division"))

    def address(self, *, verdict: tuple[str, ...] = (), division: Division | None = None) -> str:
        """Return the address of this list for other verdicts or another place."""
        if self.plan is None or self.period is None or self.target is None:
            raise ValueError("There is nothing to list before a month was measured.")
        return results_address(
            plan=self.plan,
            period=self.period,
            target=self.target,
            verdict=verdict,
            division=division,
            boundaries=self.boundaries,
        )


def _named(choices: tuple[Any, ...], code: str) -> Any:
    return next((choice for choice in choices if choice.code == code), None)


@dataclass(frozen=True)
class PlaceShort:
    """How many units fall short in one county or town, and the address of their list."""

    name: str
    number: int
    url: str


class Summary:
    """The head line of a list: how many fall short, of which where, and what they lack together."""

    def __init__(self, question: Question, rows: CommunityMeasureQuerySet, *, by_town: bool) -> None:
        self.question = question
        place = question.town_lookup if by_town else question.county_lookup
        grouped = rows.order_by().values("verdict", place_id=F(place)).annotate(n=Count("pk"), lacking=Sum("missing"))
        self._groups = list(grouped)

    def number(self, *verdicts: str) -> int:
        """Return how many units have one of these verdicts."""
        return sum(group["n"] for group in self._groups if group["verdict"] in verdicts)

    @property
    def total(self) -> int:
        """Return how many there are, with any verdict."""
        return sum(group["n"] for group in self._groups)

    @property
    def by_verdict(self) -> list[tuple[str, str, int]]:
        """Return value, label and number of each verdict that occurs, in the order of the boxes."""
        counted = [(value, str(label), self.number(value)) for value, label in Verdict.choices]
        return [each for each in counted if each[2]]

    @property
    def unmet(self) -> int:
        """Return how many fall short."""
        return self.number(Verdict.UNMET)

    @property
    def unknown(self) -> int:
        """Return how many cannot be judged."""
        return self.number(Verdict.UNKNOWN)

    @property
    def lacking(self) -> Any:
        """Return what those that fall short lack together, in the target's unit."""
        return sum(group["lacking"] or 0 for group in self._groups)

    @cached_property
    def places(self) -> list[PlaceShort]:
        """Return where most fall short: at most MOST_PLACES_NAMED places, most first; [] when all are in one place."""
        short = [group for group in self._groups if group["verdict"] == Verdict.UNMET]
        if len(short) < 2:
            return []
        first = sorted(short, key=lambda group: -group["n"])[:MOST_PLACES_NAMED]
        divisions = Division.objects.select_related("parent").in_bulk([group["place_id"] for group in first])
        named = [(divisions[group["place_id"]], group["n"]) for group in first]
        return [
            PlaceShort(division.name, n, self.question.address(verdict=(Verdict.UNMET.value,), division=division))
            for division, n in named
        ]

    @property
    def elsewhere(self) -> int:
        """Return how many fall short in places that `places` does not name."""
        return self.unmet - sum(place.number for place in self.places) if self.places else 0


def lack_in_words(measure: Any, target: Target) -> str:
    """Return what a unit lacks (综合服务设施面积少220㎡) or why it cannot be judged (常住人口未报); "" for a unit that reaches.

    `measure` is judged by the target (`annotate_judgement`).
    """
    if target.judges_figure:
        return _of_figure_in_words(measure, target)
    if measure.verdict == Verdict.UNMET:
        return f"{indicator_named(target.indicator).name}少{display_number(measure.missing)}{target.unit}"
    if measure.verdict != Verdict.UNKNOWN:
        return ""
    ratio = ratio_of(target)
    if (target.minimum_population is not None or (ratio and ratio.of == "residents")) and measure.residents is None:
        return "常住人口未报"
    if ratio and ratio.of == "households" and measure.households is None:
        return "户数未报"
    return "所在县还没有报这张登记表"


def missed_by(target: Target, value: Decimal | None) -> Decimal:
    """Return by how much a figure misses the bounds of a target of a figure of divisions; 0 within them or without one."""
    if value is None:
        return Decimal(0)
    below = Decimal(0) if target.at_least is None else target.at_least - value
    above = Decimal(0) if target.at_most is None else value - target.at_most
    return max(below, above, Decimal(0))


def _of_figure_in_words(measure: Any, target: Target) -> str:
    """Return 比要求低1.8个百分点, 比要求高3天, 还没有填报 or 本月没有可以计算的数; "" for a county that reaches."""
    if measure.verdict == Verdict.UNKNOWN:
        return "还没有填报"
    if measure.verdict == Verdict.NOT_APPLICABLE:
        return "本月没有可以计算的数"
    if measure.verdict != Verdict.UNMET:
        return ""
    way = "低" if target.at_least is not None and measure.value < target.at_least else "高"
    unit = "个百分点" if target.unit == "%" else target.unit
    return f"比要求{way}{display_number(missed_by(target, measure.value))}{unit}"
