"""The figures of one briefing: the one set of numbers that page, PDF and the Excel annex print (domain.md §7).

`briefing_figures` gives plain JSON values, kept whole in `Briefing.figures`:

    period, as_of, is_demo
    division        code, name, level, office (who issues the briefing)
    plan            title, document, ends_on
    targets         every scored target, in the plan's order: what it asks; judged, met, over, unmet, not_applicable,
                    unknown, rate, percent, gap; changes and pace (see `reports.progress`); divisions, one row a county
                    (a town, in a county's edition) with its own changes and pace; best and weakest three of them;
                    farthest communities
    workforce       workers, professionals, percent, last_month_workers
    shortfalls      附件1: the urban communities that fall short, each with its figure for every urban target
    services        购买服务: projects and money, by source and by object
    reporting       填报情况: which counties reported on time, late, or not (see `reports.reporting`)

Set-based: the number of queries depends on the plan's targets, never on the number of communities or months.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.conf import settings

from changzhi_portal.percent import percent
from changzhi_portal.refusals import InvalidError, StaleError
from communities.models import Community, Division
from periods.models import ReportingPeriod, month_after
from reports.progress import progress_figures
from reports.purchases import purchase_figures
from reports.reporting import reporting_figures
from targets.judgement import Verdict
from targets.models import CommunityMeasure, Computation, DivisionMeasure, Target, TargetPlan, TargetResult
from targets.models.measure import CommunityMeasureQuerySet
from targets.series import Trends, trends_until

_COUNTS = ("judged", "met", "over", "unmet", "not_applicable", "unknown")
_RANKED = 3  # 最好、最差各三个
_MOST_NAMED = 5  # communities that share a place are named up to this many


def briefing_figures(period: ReportingPeriod, division: Division) -> dict[str, Any]:
    """The figures of the city's or one county's briefing of a month, as they stand in the month's measures.

    Raises PortalError for a month that was never measured and for a division that has no briefing then (a town).
    """
    return _Edition(period, division, _plan_measured_by(period)).figures()


def refuse_unless_issuing(period: ReportingPeriod, division: Division) -> None:
    """Raise InvalidError for a town, and for a division that did not stand at the end of that month."""
    if division.level == Division.Level.TOWN:
        raise InvalidError(
            f"简报只按全市或一个县（市、区）编发，{division.full_name}没有单独的简报，请选择它所属的县（市、区）。",
            cure=f"{division.code} is a town; a briefing covers the city or one county. Take the first 6 digits.",
            field="division",
        )
    if not Division.objects.in_effect_on(period.as_of).filter(pk=division.pk).exists():
        raise InvalidError(
            f"{period}没有{division.name}这个区划（可能尚未设立或已经撤并），请选择当时的县（市、区）。",
            cure=f"{division.code} {division.name} did not stand on {period.as_of}. Take the county of that month.",
            field="division",
        )


def _plan_measured_by(period: ReportingPeriod) -> TargetPlan:
    computation = Computation.objects.filter(period=period, finished_at__isnull=False).select_related("plan").first()
    if computation is None:
        raise StaleError(
            f"{period}的数据还没有计算，请先计算该月再生成简报。",
            cure=f"The period {period.code} was never measured. Run: manage.py compute --period {period.code}",
        )
    return computation.plan


@dataclass(frozen=True)
class _Edition:
    """The briefing of one month for one division: the city's is by county, a county's by town."""

    period: ReportingPeriod
    division: Division
    plan: TargetPlan

    def figures(self) -> dict[str, Any]:
        """All figures; see the module's own description."""
        refuse_unless_issuing(self.period, self.division)
        spoken_of = [target for target in self._targets if self._speaks_of(target)]
        return {
            "period": self.period.code,
            "as_of": self.period.as_of.isoformat(),
            "is_demo": settings.DEMO,
            "division": {
                "code": self.division.code,
                "name": self.division.name,
                "level": self.division.level,
                "office": issuing_office(self.division),
            },
            "plan": {
                "title": self.plan.title,
                "document": self.plan.document,
                "ends_on": self.plan.ends_on.isoformat(),
            },
            "targets": [self._target(target) for target in spoken_of],
            "workforce": self._workforce(),
            "shortfalls": self._shortfalls([target for target in spoken_of if _is_of_urban_communities(target)]),
            "services": purchase_figures(self.division, self.period.as_of),
            "reporting": reporting_figures(self.period, self.division),
        }

    # --- What the edition reads ---

    @cached_property
    def _targets(self) -> list[Target]:
        scored = self.plan.targets.filter(is_scored=True).select_related("plan")
        return list(scored.order_by("position"))

    @property
    def _is_citys(self) -> bool:
        return self.division.level == Division.Level.CITY

    @cached_property
    def _last_month(self) -> ReportingPeriod | None:
        return ReportingPeriod.objects.filter(month=month_after(self.period.month, -1)).first()

    @property
    def _communities(self) -> CommunityMeasureQuerySet:
        """The measured communities of the division as it was that month."""
        measures = CommunityMeasure.objects.for_period(self.period)
        return measures.within(self.division) if self._is_citys else measures.filter(county=self.division)

    @cached_property
    def _results(self) -> dict[tuple[int, int], TargetResult]:
        """This month's results by target and division: of the division and of its counties or towns."""
        results = TargetResult.objects.for_period(self.period)
        if self._is_citys:
            below = results.within(self.division).filter(division__level=Division.Level.COUNTY)
        else:
            below = results.filter(division__in=self._communities.order_by().values("town"))
        found = results.filter(division=self.division) | below
        return {
            (result.target_id, result.division_id): result for result in found.select_related("division").distinct()
        }

    @cached_property
    def _trends(self) -> Trends:
        """Every target's trend in the division and below; a merged county's goes on from its predecessors'."""
        below = {result.division_id: result.division for result in self._results.values()}
        divisions = {**below, self.division.pk: self.division}
        return trends_until(self.period, targets=self._targets, divisions=divisions.values())

    def _speaks_of(self, target: Target) -> bool:
        """Whether the target asks anything of this division; one for urban districts is silent about a county."""
        return target.level == Target.Level.COMMUNITY or self._own_result(target) is not None

    def _own_result(self, target: Target) -> TargetResult | None:
        result = self._results.get((target.pk, self.division.pk))
        return result if result is None or self._is_citys or result.judged or result.not_applicable else None

    # --- Targets ---

    def _target(self, target: Target) -> dict[str, Any]:
        """One target: what it asks, how the division stands, and how its counties or towns do."""
        own = _counts(self._results.get((target.pk, self.division.pk)))
        divisions = self._divisions(target)
        return {
            "code": target.code,
            "name": target.name,
            "short_name": target.short_name,
            "clause": target.clause,
            "level": target.level,
            "kind": target.kind,
            "minimum_population": target.minimum_population,
            "urban_districts_only": target.urban_districts_only,
            "at_least": _number(target.at_least),
            "at_most": _number(target.at_most),
            "unit": target.unit,
            "value_unit": target.value_unit,
            "per": target.per,
            "aggregate": target.aggregate,
            "coverage_at_least": _number(target.coverage_at_least),
            **own,
            **self._progress(target, self.division),
            "divisions": divisions,
            **_best_and_weakest([] if target.aggregate == Target.Aggregate.MEAN else divisions),
            "farthest": self._farthest(target),
        }

    def _divisions(self, target: Target) -> list[dict[str, Any]]:
        """The rows of the chart, by code: each county's (town's) counts, and its own figure where that is judged."""
        if target.level == Target.Level.COUNTY:
            return self._judged_counties(target)
        rows = [
            result
            for (target_id, division_id), result in self._results.items()
            if target_id == target.pk and division_id != self.division.pk
        ]
        is_mean = target.aggregate == Target.Aggregate.MEAN
        return [
            self._division_row(target, result, value=_number(result.value) if is_mean else None)
            for result in sorted(rows, key=lambda row: row.division.code)
        ]

    def _judged_counties(self, target: Target) -> list[dict[str, Any]]:
        """The counties that a target for whole counties judges, each with the figure it is judged by."""
        measures = DivisionMeasure.objects.for_period(self.period).judged_by(target)
        mine = measures.within(self.division) if self._is_citys else measures.filter(division=self.division)
        rows = mine.order_by("division__code").values_list("division_id", "value")
        return [
            self._division_row(target, self._results[target.pk, division_id], value=_number(value))
            for division_id, value in rows
            if (target.pk, division_id) in self._results
        ]

    def _division_row(self, target: Target, result: TargetResult, value: float | None = None) -> dict[str, Any]:
        division = result.division
        named = {"code": division.code, "name": division.name}
        return {**named, **_counts(result), "value": value, **self._progress(target, division)}

    def _progress(self, target: Target, division: Division) -> dict[str, Any]:
        return progress_figures(self._trends[target.pk, division.pk])

    def _farthest(self, target: Target) -> dict[str, Any] | None:
        """The communities that lack most, by name; only how many when more than a handful lack equally much.

        A mean asks nothing of a single community, so none falls short of it.
        """
        if target.level != Target.Level.COMMUNITY or target.aggregate == Target.Aggregate.MEAN:
            return None
        short = self._communities.falling_short_of(target)
        rows = list(short.values("missing", "value", "code", "name", "town__name", "county__name")[: _MOST_NAMED + 1])
        if not rows:
            return None
        most = rows[0]["missing"]
        if len(rows) > _MOST_NAMED and rows[-1]["missing"] == most:
            return {"missing": _number(most), "number": short.filter(missing=most).count(), "rows": []}
        return {"missing": _number(most), "number": 0, "rows": [_place(row) for row in _first_ranks(rows)]}

    # --- The rest ---

    def _workforce(self) -> dict[str, Any]:
        """Workers with an open posting, and professionals apart; for information (a provincial figure, never scored)."""
        now, before = self._workforce_in(self.period), self._workforce_in(self._last_month)
        workers, professionals = now or (None, None)
        share = None if workers is None or professionals is None else percent(professionals, workers)
        return {
            "workers": workers,
            "professionals": professionals,
            "percent": None if share is None else float(share),
            "last_month_workers": before[0] if before else None,
        }

    def _workforce_in(self, period: ReportingPeriod | None) -> tuple[int | None, int | None] | None:
        """Of the division; of a month before, of all that had become it by the month of the issue."""
        if period is None:
            return None
        measures = DivisionMeasure.objects.for_period(period).within(self.division)
        rows = measures.filter(division__level=self.division.level).with_workforce()
        became = Division.objects.became_by(self.period.as_of)
        own = [row for row in rows if became.get(row.division_id, row.division_id) == self.division.pk]
        known = [(row.workers, row.professionals) for row in own if row.workers is not None]
        return (sum(row[0] for row in known), sum(row[1] or 0 for row in known)) if known else None

    def _shortfalls(self, targets: Iterable[Target]) -> dict[str, Any]:
        """附件1: every urban community that misses one of the targets, with its figures for all of them."""
        urban = self._communities.filter(kind=Community.Kind.URBAN)
        places: dict[int, dict[str, Any]] = {}
        codes = []
        for target in targets:
            codes.append(target.code)
            rows = urban.judged_by(target).values(
                "community_id", "code", "name", "town__name", "county__name", "county__code", "verdict", "value"
            )
            for row in rows:
                place = places.setdefault(row["community_id"], {**_named(row), "order": _order(row), "figures": {}})
                place["figures"][target.code] = {
                    "value": _number(row["value"]),
                    "is_short": row["verdict"] == Verdict.UNMET,
                }
        short = [place for place in places.values() if any(figure["is_short"] for figure in place["figures"].values())]
        short.sort(key=lambda place: place.pop("order"))
        return {"targets": codes, "rows": short}


def issuing_office(division: Division) -> str:
    """Who issues the briefing (编发单位): the civil-affairs bureau; the statistical zone has none, the city's does."""
    if division.is_statistical and division.parent is not None:
        division = division.parent
    city = f"{division.parent.name}" if division.is_urban_district and division.parent is not None else ""
    return f"{city}{division.name}民政局"


def _is_of_urban_communities(target: Target) -> bool:
    is_of_each = target.aggregate != Target.Aggregate.MEAN
    return is_of_each and target.level == Target.Level.COMMUNITY and target.kind == Community.Kind.URBAN


def _counts(result: TargetResult | None) -> dict[str, Any]:
    """A result's counts, rate, percentage, gap, value and verdict; zeros where the month's measures have no such unit."""
    if result is None:
        return {**dict.fromkeys(_COUNTS, 0), "rate": None, "percent": None, "gap": 0, "value": None, "verdict": ""}
    reached = percent(result.reached, result.judged)
    return {
        **{name: getattr(result, name) for name in _COUNTS},
        "rate": None if result.rate is None else float(result.rate),
        "percent": None if reached is None else float(reached),
        "gap": _number(result.gap),
        "value": _number(result.value),
        "verdict": result.verdict,
    }


def _best_and_weakest(divisions: list[dict[str, Any]]) -> dict[str, Any]:
    """The three best and the three weakest, without overlap; of equal rates, the one with more units comes first.

    None of either when all stand the same: nobody leads then.
    """
    judged = [row for row in divisions if row["judged"]]
    best = sorted(judged, key=lambda row: (-row["rate"], -row["judged"], row["code"]))
    number = min(_RANKED, len(best) // 2)
    if not number or best[0]["rate"] == best[-1]["rate"]:
        return {"best": [], "weakest": []}
    weakest = sorted(best[number:], key=lambda row: (row["rate"], -row["judged"], row["code"]))
    return {"best": [_ranked(row) for row in best[:number]], "weakest": [_ranked(row) for row in weakest[:number]]}


def _ranked(row: dict[str, Any]) -> dict[str, Any]:
    return {"code": row["code"], "name": row["name"], "percent": row["percent"]}


def _first_ranks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first three, and those that lack as much as the third."""
    return [row for row in rows[:_MOST_NAMED] if row["missing"] >= rows[min(_RANKED, len(rows)) - 1]["missing"]]


def _place(row: dict[str, Any]) -> dict[str, Any]:
    return {**_named(row), "value": _number(row["value"]), "missing": _number(row["missing"])}


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {"county": row["county__name"], "town": row["town__name"], "code": row["code"], "name": row["name"]}


def _order(row: dict[str, Any]) -> tuple[str, str]:
    return row["county__code"], row["code"]


def _number(value: Decimal | None) -> int | float | None:
    """12817.84 as it is, 331.00 as 331."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
