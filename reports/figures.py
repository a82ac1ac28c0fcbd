"""The figures of one briefing: the one set of numbers that page, PDF and the Excel annex print (docs/domain.md §7).

`briefing_figures` computes them from the month's measures; `reports.stored_figures` defines them and their JSON form in
`Briefing.figures`. The number of queries depends on the plan's targets, never on the number of communities or months.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from django.conf import settings
from django.db.models import F

from changzhi_portal import discovery
from changzhi_portal.briefings import TERMS, BriefingAnnex, BriefingSection, IssueOf, Span
from changzhi_portal.percent import percent
from changzhi_portal.refusals import InvalidError, StaleError
from communities.models import Community, Division
from periods.models import ReportingPeriod, month_after
from reports.comparability import Standards, changed_divisions
from reports.progress import MONTHS_OF_TRENDS, progress_figures, trend_points
from reports.ranking import MOST_NAMED, first_places, in_one_list, tied
from reports.stored_figures import (
    BriefingFigures,
    Counts,
    DivisionFigures,
    Edition,
    Farthest,
    FarthestCommunity,
    Number,
    Plan,
    Progress,
    ShortCommunity,
    ShortfallCell,
    Shortfalls,
    TargetFigures,
    TrendPoint,
    Workforce,
)
from targets.judgement import Verdict
from targets.models import CommunityMeasure, Computation, DivisionMeasure, Target, TargetPlan, TargetResult
from targets.models.measure import CommunityMeasureQuerySet
from targets.series import Trends, trends_until
from targets.wording import name_counted

_COUNTS = ("judged", "met", "over", "unmet", "not_applicable", "unknown")


def briefing_figures(period: ReportingPeriod, division: Division, span: str = "month") -> BriefingFigures:
    """Return the figures of the city's or one county's briefing of a month, from the month's measures.

    Of a quarter or a year, `period` is the last month, and changes are those since the end of the one before.

    Raises PortalError for a month that was never measured and for a division that has no briefing then (a town).
    """
    return _Edition(period, division, plan_measured_by(period), cast(Span, span)).figures()


def check_has_briefing(period: ReportingPeriod, division: Division) -> None:
    """Raise InvalidError for a town, and for a division that did not exist at the end of that month."""
    if division.level == Division.Level.TOWN:
        raise InvalidError(
            f"简报只按全市或一个县（市、区）编发，{division.full_name}没有单独的简报，请选择它所属的县（市、区）。",
            cure=f"{division.code} is a town; a briefing covers the city or one county. Give the first 6 digits.",
            field="division",
        )
    if not Division.objects.in_effect_on(period.as_of).filter(pk=division.pk).exists():
        raise InvalidError(
            f"{period}没有{division.name}这个区划（可能尚未设立或已经撤并），请选择当时的县（市、区）。",
            cure=f"{division.code} {division.name} did not exist on {period.as_of}. Give the county of that month.",
            field="division",
        )


def plan_measured_by(period: ReportingPeriod) -> TargetPlan:
    """Return the plan that a month was judged by; raise StaleError for a month that was never measured."""
    computation = Computation.objects.filter(period=period, finished_at__isnull=False).select_related("plan").first()
    if computation is None:
        raise StaleError(
            f"{period}的数据还没有计算，请先计算该月再生成简报。",
            cure=f"The period {period.code} was never measured. Run: manage.py compute --period {period.code}",
        )
    return computation.plan


@dataclass(frozen=True)
class _Edition:
    """The briefing of one month for one division: the city's is by county, a county's by town.

    Of a quarter or a year the month is the last one.
    """

    period: ReportingPeriod
    division: Division
    plan: TargetPlan
    span: Span

    def figures(self) -> BriefingFigures:
        """Return all figures; raise PortalError for a division that has no briefing."""
        check_has_briefing(self.period, self.division)
        applicable = [target for target in self._targets if self._applies_to(target)]
        return BriefingFigures(
            period=self.period.code,
            as_of=self.period.as_of.isoformat(),
            is_demo=settings.DEMO,
            division=Edition(
                code=self.division.code,
                name=self.division.name,
                level=self.division.level,
                office=issuing_office(self.division),
            ),
            plan=Plan(
                title=self.plan.title,
                document=self.plan.document,
                ends_on=self.plan.ends_on.isoformat(),
                title_last_month=self._standards.title_last_month,
            ),
            targets=tuple(self._target(target) for target in applicable),
            workforce=self._workforce(),
            shortfalls=self._shortfalls([target for target in applicable if _is_of_urban_communities(target)]),
            sections=self._declared(),
            changed_divisions=changed_divisions(self.period, self.division, months=self._months),
            span=self.span,
        )

    # --- Data ---

    @property
    def _months(self) -> int:
        """Return how many months the issue covers."""
        return TERMS[self.span].months

    @cached_property
    def _targets(self) -> list[Target]:
        scored = self.plan.targets.filter(is_scored=True).select_related("plan")
        return list(scored.order_by("position"))

    @property
    def _is_citys(self) -> bool:
        return self.division.level == Division.Level.CITY

    @property
    def _communities(self) -> CommunityMeasureQuerySet:
        """Return the measured communities of the division in that month."""
        measures = CommunityMeasure.objects.for_period(self.period)
        return measures.within(self.division) if self._is_citys else measures.filter(county=self.division)

    @cached_property
    def _results(self) -> dict[tuple[int, int], TargetResult]:
        """Return this month's results of the division and of its counties or towns, by target and division."""
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
        """Return every target's trend in the division and below; a merged county's continues those of its predecessors."""
        below = {result.division_id: result.division for result in self._results.values()}
        divisions = {**below, self.division.pk: self.division}
        return trends_until(self.period, targets=self._targets, divisions=divisions.values())

    @cached_property
    def _standards(self) -> Standards:
        return Standards(self.period, self.plan, months=self._months)

    def _applies_to(self, target: Target) -> bool:
        """Return whether the target applies to this division; one for urban districts does not apply to a county."""
        return target.level == Target.Level.COMMUNITY or self._own_result(target) is not None

    def _own_result(self, target: Target) -> TargetResult | None:
        result = self._results.get((target.pk, self.division.pk))
        return result if result is None or self._is_citys or result.judged or result.not_applicable else None

    # --- Targets ---

    def _target(self, target: Target) -> TargetFigures:
        """Return what one target requires, the result of the division, and those of its counties or towns."""
        divisions = self._divisions(target)
        return TargetFigures(
            code=target.code,
            name=target.name,
            short_name=target.short_name,
            clause=target.clause,
            level=target.level,
            kind=target.kind,
            minimum_population=target.minimum_population,
            urban_districts_only=target.urban_districts_only,
            at_least=_number_or_none(target.at_least),
            at_most=_number_or_none(target.at_most),
            unit=target.unit,
            value_unit=target.value_unit,
            per=target.per,
            aggregate=target.aggregate,
            coverage_at_least=_number_or_none(target.coverage_at_least),
            **vars(_counts(self._results.get((target.pk, self.division.pk)))),
            **vars(self._progress(target, self.division)),
            divisions=divisions,
            farthest=self._farthest(target),
            standard_last_month=self._standards.last_months(target),
            trend=self._trend(target),
            figure=name_counted(target.indicator) if target.judges_figure else "",
        )

    def _divisions(self, target: Target) -> tuple[DivisionFigures, ...]:
        """Return the rows of the chart, by code: each county's (town's) counts, and its own figure if that is judged."""
        if target.level == Target.Level.COUNTY:
            return self._judged_counties(target)
        rows = [
            result
            for (target_id, division_id), result in self._results.items()
            if target_id == target.pk and division_id != self.division.pk
        ]
        is_mean = target.aggregate == Target.Aggregate.MEAN
        return tuple(
            self._division_row(target, result, value=result.value if is_mean else None)
            for result in sorted(rows, key=lambda row: row.division.code)
        )

    def _judged_counties(self, target: Target) -> tuple[DivisionFigures, ...]:
        """Return the counties that a target for whole counties judges, each with the figure it is judged by."""
        measures = DivisionMeasure.objects.for_period(self.period).judged_by(target)
        mine = measures.within(self.division) if self._is_citys else measures.filter(division=self.division)
        rows = mine.order_by("division__code").values_list("division_id", "value")
        return tuple(
            self._division_row(target, self._results[target.pk, division_id], value=value)
            for division_id, value in rows
            if (target.pk, division_id) in self._results
        )

    def _division_row(self, target: Target, result: TargetResult, value: Decimal | None) -> DivisionFigures:
        division, counts = result.division, replace(_counts(result), value=_number_or_none(value))
        return DivisionFigures(
            code=division.code, name=division.name, **vars(counts), **vars(self._progress(target, division))
        )

    def _trend(self, target: Target) -> tuple[TrendPoint, ...]:
        trend = self._trends[target.pk, self.division.pk]
        return trend_points(trend, lambda month: self._standards.starts_anew(target, month))

    def _progress(self, target: Target, division: Division) -> Progress:
        return progress_figures(self._standards.comparable(self._trends[target.pk, division.pk]), self.span)

    def _farthest(self, target: Target) -> Farthest | None:
        """Return the communities that lack most; only their number when many lack equally much.

        No community falls short of a target that is a mean.
        """
        if target.level != Target.Level.COMMUNITY or target.aggregate == Target.Aggregate.MEAN:
            return None
        short = self._communities.falling_short_of(target)
        rows = list(short.values("missing", "value", "code", "name", "town__name", "county__name")[: MOST_NAMED + 1])
        if not rows:
            return None
        most = rows[0]["missing"]
        if len(rows) > MOST_NAMED and rows[-1]["missing"] == most:
            return Farthest(missing=_number(most), number=short.filter(missing=most).count(), rows=())
        named = in_one_list(first_places(tied(rows, lambda row: row["missing"])))
        return Farthest(missing=_number(most), number=0, rows=tuple(_farthest_community(row) for row in named))

    # --- The rest ---

    def _workforce(self) -> Workforce:
        """Return the numbers of workers with an open posting and of professionals, which no target scores."""
        by_month = self._workforce_by_month()
        workers, professionals = by_month.get(self.period.month, (None, None))
        share = None if workers is None or professionals is None else percent(professionals, workers)
        last_month = by_month.get(month_after(self.period.month, -self._months))
        first = month_after(self.period.month, 1 - MONTHS_OF_TRENDS)
        return Workforce(
            workers=workers,
            professionals=professionals,
            percent=None if share is None else float(share),
            last_month_workers=last_month[0] if last_month else None,
            trend=tuple(
                TrendPoint(f"{month:%Y-%m}", counted[0])
                for month, counted in sorted(by_month.items())
                if month >= first
            ),
        )

    def _workforce_by_month(self) -> dict[datetime.date, tuple[int, int]]:
        """Return workers and professionals of this month and the twelve before; in an earlier one, of all divisions that have become part of it."""
        months = (month_after(self.period.month, -MONTHS_OF_TRENDS), self.period.month)
        measures = DivisionMeasure.objects.within(self.division).filter(
            period__month__range=months, division__level=self.division.level, workers__isnull=False
        )
        became = Division.objects.successors_on(self.period.as_of)
        by_month: dict[datetime.date, tuple[int, int]] = {}
        for row in measures.with_workforce().annotate(month=F("period__month")):
            if became.get(row.division_id, row.division_id) == self.division.pk:
                workers, professionals = by_month.get(row.month, (0, 0))
                by_month[row.month] = (workers + (row.workers or 0), professionals + (row.professionals or 0))
        return by_month

    def _declared(self) -> dict[str, Any]:
        """Return what the sections and annexes of the apps store, by their codes."""
        issue = IssueOf(self.period, self.division, self.span)
        parts = [
            *discovery.instances_in("briefing", BriefingSection),
            *discovery.instances_in("briefing", BriefingAnnex),
        ]
        stored = {part.code: part.figures(issue) for part in parts if part.figures is not None}
        return {code: figures for code, figures in stored.items() if figures is not None}

    def _shortfalls(self, targets: Sequence[Target]) -> Shortfalls:
        """Return 附件1: every urban community that misses one of the targets, with its figures for all of them."""
        urban = self._communities.filter(kind=Community.Kind.URBAN)
        places: dict[int, dict[str, Any]] = {}
        cells: defaultdict[int, dict[str, ShortfallCell]] = defaultdict(dict)
        for target in targets:
            rows = urban.judged_by(target).values(
                "community_id", "code", "name", "town__name", "county__name", "county__code", "verdict", "value"
            )
            for row in rows:
                places[row["community_id"]] = row
                cells[row["community_id"]][target.code] = ShortfallCell(
                    value=_number_or_none(row["value"]), is_short=row["verdict"] == Verdict.UNMET
                )
        short = [row for key, row in places.items() if any(cell.is_short for cell in cells[key].values())]
        return Shortfalls(
            targets=tuple(target.code for target in targets),
            rows=tuple(
                ShortCommunity(**_named(row), figures=cells[row["community_id"]]) for row in sorted(short, key=_order)
            ),
        )


def issuing_office(division: Division) -> str:
    """Return the issuing office (编发单位): the civil-affairs bureau; for the statistical zone, the city's."""
    if division.is_statistical and division.parent is not None:
        division = division.parent
    city = f"{division.parent.name}" if division.is_urban_district and division.parent is not None else ""
    return f"{city}{division.name}民政局"


def _is_of_urban_communities(target: Target) -> bool:
    is_of_each = target.aggregate != Target.Aggregate.MEAN
    return is_of_each and target.level == Target.Level.COMMUNITY and target.kind == Community.Kind.URBAN


def _counts(result: TargetResult | None) -> Counts:
    """Return a result's counts of units; zeros if the month's measures have none."""
    if result is None:
        return Counts()
    reached = percent(result.reached, result.judged)
    return Counts(
        **{name: getattr(result, name) for name in _COUNTS},
        rate=None if result.rate is None else float(result.rate),
        percent=None if reached is None else float(reached),
        gap=_number(result.gap),
        value=_number_or_none(result.value),
        verdict=result.verdict,
    )


def _farthest_community(row: dict[str, Any]) -> FarthestCommunity:
    return FarthestCommunity(**_named(row), value=_number(row["value"]), missing=_number(row["missing"]))


def _named(row: dict[str, Any]) -> dict[str, str]:
    return {"county": row["county__name"], "town": row["town__name"], "code": row["code"], "name": row["name"]}


def _order(row: dict[str, Any]) -> tuple[str, str]:
    return row["county__code"], row["code"]


def _number(value: Decimal) -> Number:
    """Return 12817.84 as it is, 331.00 as 331."""
    return int(value) if value == value.to_integral_value() else float(value)


def _number_or_none(value: Decimal | None) -> Number | None:
    return None if value is None else _number(value)
