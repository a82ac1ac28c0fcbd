"""The dashboard's data of one division in one month, limited to what the user may see.

Rates are computed from the counts, as in the briefing (`changzhi_portal.percent`), so that page and paper agree.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from changzhi_portal.display import display_number
from changzhi_portal.kept import kept
from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import plain_number
from changzhi_portal.rights import Actor
from communities.models import Division, DivisionChange
from periods.models import ReportingPeriod
from reports import forecast, words
from reports.charts import amount_bars, county_map, rate_bars, trend_lines
from reports.dashboard_rows import amount_row, as_printed, percentage_of, rate_row
from reports.progress import progress_figures
from reports.standing import Standing, standing_of
from reports.stored_figures import Progress
from targets.addresses import THEN
from targets.models import CommunityMeasure, Computation, DivisionMeasure, Target, TargetResult
from targets.result_lists import ResultLists
from targets.series import Trend, Trends, goal_of, trends_until
from targets.wording import bound_text, name_counted, own_figure_text, result_text, units_text

LinkTo = Callable[[Division], str]
MONTHS_SHOWN = 36  # of a trend: as many as fit on the page
FEWEST_POINTS = 2  # one point is no trend


@dataclass(frozen=True)
class Card:
    """A division's result for one target. Percentages have one decimal; None when nothing was judged."""

    target: Target
    result: TargetResult
    percentage: Decimal | None
    movement: Trend
    lists: ResultLists

    @property
    def rate(self) -> str:
        """Return 64.4%, or the mean if the target is a mean: 9.4个; a dash when nothing was judged."""
        if self.target.aggregate == Target.Aggregate.MEAN:
            return result_text(self.result)
        return percent_text(self.percentage)

    @property
    def standing(self) -> Standing:
        """Return how the division stands against the target, as a word with a colour."""
        return standing_of(self.result)

    @property
    def bounds(self) -> str:
        """Return what the target requires, short: ≥500㎡, 2—5名."""
        return bound_text(self.target)

    @property
    def judged_units(self) -> str:
        """Return what is judged: 城市社区."""
        return units_text(self.target)

    @property
    def gap(self) -> str:
        """Return what is missing in total, with the target's unit."""
        return f"{display_number(self.result.gap)}{self.target.unit}"

    @property
    def own_figure(self) -> str:
        """Return the division's own figure with its name for a target of a figure of divisions: 按时办结率93.2%; else ""."""
        if not self.target.judges_figure or self.result.value is None:
            return ""
        return f"{name_counted(self.target.indicator)}{own_figure_text(self.result)}"

    @property
    def trend(self) -> str:
        """Return 较上月提高1.3个百分点; "" without a month before."""
        return words.change_on_last_month(self.progress.change_on_last_month, self.progress.change_unit)

    @property
    def on_year_before(self) -> str:
        """Return 同比提高1.3个百分点; "" without that month."""
        return words.change_on_year_before(self.progress.change_on_year_before, self.progress.change_unit)

    @cached_property
    def progress(self) -> Progress:
        """Return changes and pace, as the briefing words them (`reports.progress`)."""
        return progress_figures(self.movement)

    @property
    def outlook(self) -> str:
        """Return 按当前进度预计2020年6月完成; "" when there is no pace."""
        return forecast.outlook_in_words(self.progress, self._ends_on) or forecast.state_in_words(self.progress)

    @property
    def is_behind(self) -> bool:
        """Return whether the target will not be reached in time at the current pace."""
        return forecast.is_behind(self.progress)

    @property
    def pace(self) -> str:
        """Return the whole sentence: the change, when the target is reached at this pace, and what is still needed."""
        return forecast.pace_sentence(self.progress, self._ends_on)

    @property
    def _ends_on(self) -> str:
        return self.target.plan.ends_on.isoformat()


@dataclass(frozen=True)
class Row:
    """The progress of one division below towards a target: a line of the table under the charts."""

    result: TargetResult
    url: str
    progress: Progress
    lists: ResultLists

    @property
    def rate(self) -> str:
        """Return 64.4%, or the mean if the target is a mean: 9.4个; a dash when nothing was judged."""
        if self.result.target.aggregate == Target.Aggregate.MEAN:
            return result_text(self.result)
        return percent_text(percentage_of(self.result))

    @property
    def standing(self) -> Standing:
        """Return how the division stands against the target, as a word with a colour."""
        return standing_of(self.result)

    @property
    def change_on_last_month(self) -> str:
        """Return the change on last month: +1.3."""
        return words.change_cell(self.progress, self.progress.change_on_last_month)

    @property
    def change_on_year_before(self) -> str:
        """Return the change on the same month of the year before: +1.3."""
        return words.change_cell(self.progress, self.progress.change_on_year_before)

    @property
    def mean(self) -> str:
        """Return the mean monthly progress: +0.43."""
        return forecast.progress_cell(self.progress)

    @property
    def outlook(self) -> str:
        """Return when the target is reached: 2020年6月, 无法按期, 已完成."""
        return forecast.outlook_cell(self.progress)

    @property
    def needed(self) -> str:
        """Return the monthly progress still needed: 1.25."""
        return forecast.needed_cell(self.progress)

    @property
    def is_behind(self) -> bool:
        """Return whether the target will not be reached in time at the current pace."""
        return forecast.is_behind(self.progress)


@dataclass(frozen=True)
class Month:
    """A month of the trend: its rate as printed, or a dash."""

    month: datetime.date
    rate: str


def periods_measured() -> QuerySet[ReportingPeriod]:
    """Return the months that have figures, newest first."""
    return ReportingPeriod.objects.filter(computations__finished_at__isnull=False).order_by("-month")


def divisions_measured(user: Actor, period: ReportingPeriod) -> QuerySet[Division]:
    """Return the divisions of that month whose figures the user may see."""
    measured = DivisionMeasure.objects.visible_to(user).for_period(period)
    return Division.objects.visible_to(user).filter(pk__in=measured.values("division"))


@dataclass(frozen=True)
class Board:
    """The figures of one division in one month, as one user may see them. Each method makes its queries once."""

    user: Actor
    period: ReportingPeriod
    division: Division
    uses_current_boundaries: ClassVar[bool] = False  # by today's divisions
    boundaries: ClassVar[str] = THEN  # of the lists behind its numbers

    def cards(self) -> list[Card]:
        """Return every scored target of the plan, in its order; none for a month or division without figures."""
        results = self.own_results()
        trends = self._trends([result.target for result in results], [self.division])
        return [
            Card(
                result.target,
                result,
                percentage_of(result),
                trends[result.target_id, result.division_id],
                self.lists_of(result.target, result.division),
            )
            for result in results
        ]

    def rows(self, card: Card, link_to: LinkTo) -> list[Row]:
        """Return the divisions one level below; none if each of them is one judged unit, which has no rate."""
        if card.target.level == Target.Level.COUNTY:
            return []
        results = self._one_level_below(card.target)
        trends = self._trends([card.target], [result.division for result in results])
        return [
            Row(
                result,
                link_to(result.division),
                progress_figures(trends[card.target.pk, result.division_id]),
                self.lists_of(card.target, result.division),
            )
            for result in results
        ]

    def lists_of(self, target: Target, division: Division) -> ResultLists:
        """Return the lists behind the numbers of a target in a division."""
        return ResultLists.of(target, period=self.period, division=division, boundaries=self.boundaries)

    def trends(self, results: Iterable[TargetResult]) -> Trends:
        """Return the trend of every target in every division of these results."""
        targets = {result.target_id: result.target for result in results}
        divisions = {result.division_id: result.division for result in results}
        return self._trends(list(targets.values()), list(divisions.values()))

    def months(self, card: Card) -> list[Month]:
        """Return the figures of the trend, the newest first, for the table beside its chart."""
        figures = sorted(card.movement.figures.items(), reverse=True)
        return [Month(month, as_printed(card.movement, figure)) for month, figure in figures[:MONTHS_SHOWN]]

    def trend_chart(self, card: Card) -> str:
        """Return the trend as a line by month, as markup; "" while there is only one month."""
        figures = sorted(card.movement.figures.items())[-MONTHS_SHOWN:]
        known = [figure for _, figure in figures if figure is not None]
        if len(known) < FEWEST_POINTS:
            return ""
        points = [
            {"month": month, "value": figure, "label": as_printed(card.movement, figure)} for month, figure in figures
        ]
        is_mean, goal = card.movement.is_mean, goal_of(card.target)
        return trend_lines(
            points,
            title=f"{self.division.name}{card.target.short_name}逐月{'平均数' if is_mean else '达标率'}",
            goal=float(goal),
            standard=f"标准{plain_number(Decimal(goal.numerator) / goal.denominator)}{card.target.value_unit if is_mean else '%'}",
            is_percent=not is_mean,
        )

    def workforce(self) -> DivisionMeasure | None:
        """Return workers and professionals of the division, for information: no target scores them."""
        measures = DivisionMeasure.objects.visible_to(self.user).for_period(self.period).with_workforce()
        return measures.filter(division=self.division).first()

    def communities_short_of(self, target: Target) -> QuerySet[CommunityMeasure]:
        """Return the communities that fall short, those that lack most first."""
        return self._measures().falling_short_of(target)

    def communities_unknown_to(self, target: Target) -> QuerySet[CommunityMeasure]:
        """Return the communities that cannot be judged, because a figure or the population is missing."""
        return self._measures().unknown_for(target)

    def counties_judged_by(self, target: Target) -> Iterable[DivisionMeasure]:
        """Return each county that a target for whole counties judges, with `verdict`, `value` and `missing`."""
        measures = DivisionMeasure.objects.visible_to(self.user).for_period(self.period).judged_by(target)
        # Not `within` a county: a county that was merged into it later is below it now, but was judged by itself then.
        judged = measures if self._is_city else measures.filter(division=self.division)
        return judged.select_related("division").order_by("division__code")

    def chart(self, card: Card, link_to: LinkTo) -> str:
        """Return bars of the divisions one level below, as markup; "" without divisions below or without rates."""
        target = card.target
        title = f"{self.division.name}{self.period}{target.short_name}"
        if target.level == Target.Level.COUNTY:
            if not self._is_city:
                return ""
            bars = [
                amount_row(measure, target, link_to(measure.division)) for measure in self.counties_judged_by(target)
            ]
            return amount_bars(bars, title=title, at_least=_bound(target.at_least), at_most=_bound(target.at_most))
        if target.aggregate == Target.Aggregate.MEAN:
            bars = [
                amount_row(result, target, link_to(result.division))
                for result in self._one_level_below(target)
                if result.judged
            ]
            return amount_bars(bars, title=title, at_least=_bound(target.at_least)) if bars else ""
        rows = [rate_row(result, link_to(result.division)) for result in self._one_level_below(target)]
        return rate_bars(rows, title=title, average=card.percentage) if rows else ""

    def tiles(self, card: Card, link_to: LinkTo) -> str:
        """Return the schematic map of the counties, as markup; "" below the city and without rates."""
        is_mean = card.target.aggregate == Target.Aggregate.MEAN
        if not self._is_city or card.target.level == Target.Level.COUNTY or is_mean:
            return ""
        rows = [rate_row(result, link_to(result.division)) for result in self._one_level_below(card.target)]
        return county_map(rows, title=f"{self.period}各县（市、区）{card.target.short_name}达标率")

    def results_below(self) -> list[TargetResult]:
        """Return the results of the divisions one level below for every target, by code; read once for all parts."""
        return self._results_below

    @property
    def _is_city(self) -> bool:
        return self.division.level == Division.Level.CITY

    def own_results(self) -> list[TargetResult]:
        """Return the results of the division itself for every target, in the plan's order."""
        return list(self._results(self.period).of_division(self.division).select_related("target__plan"))

    def _results(self, period: ReportingPeriod) -> Any:
        return TargetResult.objects.visible_to(self.user).for_period(period)

    def _trends(self, targets: list[Target], divisions: list[Division]) -> Trends:
        """Return the trends; their figures are kept until a month is computed or divisions change."""
        targets_by_key = {target.pk: target for target in targets}
        asked = f"{sorted(targets_by_key)}:{sorted(division.pk for division in divisions)}"
        kept_figures = kept(
            f"trends:{self.stamp}:{self.period.pk}:{hashlib.sha256(asked.encode()).hexdigest()}",
            lambda: {key: dict(trend.figures) for key, trend in self._computed_trends(targets, divisions).items()},
        )
        return {
            (target, division): Trend(targets_by_key[target], self.period.month, figures)
            for (target, division), figures in kept_figures.items()
        }

    @cached_property
    def stamp(self) -> str:
        """Return what kept figures depend on besides month, target and division: computations, map, day, scope."""
        # The newest as well as the number: a change that was undone may have made way for another one.
        changes = DivisionChange.objects.aggregate(
            number=Count("pk", filter=Q(applied_at__isnull=False)), newest=Max("applied_at")
        )
        newest: datetime.datetime | None = changes["newest"]
        applied = f"{changes['number']}-{newest.timestamp() if newest else ''}"
        boundaries = f"{timezone.localdate()}" if self.uses_current_boundaries else ""
        return f"{Computation.objects.stamp()}:{applied}:{boundaries}:{self.user.division.path}"

    def _computed_trends(self, targets: list[Target], divisions: list[Division]) -> Trends:
        return trends_until(
            self.period,
            targets=targets,
            divisions=divisions,
            results=TargetResult.objects.visible_to(self.user),
            current_boundaries=self.uses_current_boundaries,
        )

    def _measures(self) -> Any:
        """Return the communities that belonged to the division in that month."""
        measures = CommunityMeasure.objects.visible_to(self.user).for_period(self.period).with_place()
        if self.division.level == Division.Level.COUNTY:
            return measures.filter(county=self.division)
        return measures if self._is_city else measures.filter(town=self.division)

    @cached_property
    def _results_below(self) -> list[TargetResult]:
        return list(self._results(self.period).one_level_below(self.division).select_related("target__plan"))

    def _one_level_below(self, target: Target) -> list[TargetResult]:
        """Return the target's results of the divisions below, by code."""
        return [result for result in self.results_below() if result.target_id == target.pk]


def _bound(bound: Decimal | None) -> float | None:
    return None if bound is None else float(bound)
