"""What the dashboard shows of one division in one month; reads only what the user may see.

Rates come from the counts, as in the briefing (`changzhi_portal.percent`), so that page and paper say the same.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet

from changzhi_portal.percent import percent
from communities.models import Division
from periods.models import ReportingPeriod
from reports import forecast, words
from reports.charts import amount_by_division_svg, county_tiles_svg, rate_by_division_svg, trend_svg
from reports.progress import progress_figures
from reports.stored_figures import Progress
from targets.models import CommunityMeasure, DivisionMeasure, Target, TargetResult
from targets.series import Trend, Trends, goal_of, trends_until
from targets.wording import bound_text, plain_number, result_text, units_text

LinkTo = Callable[[Division], str]
MONTHS_SHOWN = 36  # of a trend: as many as fit beside each other
FEWEST_POINTS = 2  # one point shows no trend


@dataclass(frozen=True)
class Card:
    """How a division stands against one target. Percentages have one decimal; None when nothing was judged."""

    target: Target
    result: TargetResult
    percentage: Decimal | None
    movement: Trend

    @property
    def rate(self) -> str:
        """64.4%, or the mean that is asked for: 9.4个; a dash when nothing was judged."""
        if self.target.aggregate == Target.Aggregate.MEAN:
            return result_text(self.result)
        return words.percent_text(None if self.percentage is None else float(self.percentage))

    @property
    def asked(self) -> str:
        """What the target asks, short: ≥500㎡, 2—5名."""
        return bound_text(self.target)

    @property
    def judged_units(self) -> str:
        """What is judged: 城市社区."""
        return units_text(self.target)

    @property
    def gap(self) -> str:
        """What is missing in all, with the target's unit."""
        return f"{self.result.gap.normalize():,f}{self.target.unit}"

    @property
    def trend(self) -> str:
        """较上月提高1.3个百分点; empty without a month before."""
        return words.change_on_last_month(self.progress.change_on_last_month, self.progress.change_unit)

    @property
    def on_year_before(self) -> str:
        """同比提高1.3个百分点; empty without that month."""
        return words.change_on_year_before(self.progress.change_on_year_before, self.progress.change_unit)

    @cached_property
    def progress(self) -> Progress:
        """Changes and pace, as the briefing words them (`reports.progress`)."""
        return progress_figures(self.movement)

    @property
    def outlook(self) -> str:
        """按当前进度预计2020年6月完成; empty when there is no pace."""
        return forecast.outlook_in_words(self.progress, self._ends_on) or forecast.state_in_words(self.progress)

    @property
    def is_behind(self) -> bool:
        """Whether the target will not be reached in time as things go."""
        return forecast.is_behind(self.progress)

    @property
    def pace(self) -> str:
        """The whole sentence: how it moved, where that leads, what is still needed."""
        return forecast.pace_sentence(self.progress, self._ends_on)

    @property
    def _ends_on(self) -> str:
        return self.target.plan.ends_on.isoformat()


@dataclass(frozen=True)
class Row:
    """How one division below moves towards a target: a line of the table under the charts."""

    result: TargetResult
    url: str
    progress: Progress

    @property
    def rate(self) -> str:
        """64.4%, or the mean that is asked for: 9.4个; a dash when nothing was judged."""
        if self.result.target.aggregate == Target.Aggregate.MEAN:
            return result_text(self.result)
        percentage = percentage_of(self.result)
        return words.percent_text(None if percentage is None else float(percentage))

    @property
    def change_on_last_month(self) -> str:
        """+1.3."""
        return words.signed_points(self.progress.change_on_last_month)

    @property
    def change_on_year_before(self) -> str:
        """+1.3."""
        return words.signed_points(self.progress.change_on_year_before)

    @property
    def mean(self) -> str:
        """+0.43 a month."""
        return forecast.progress_cell(self.progress)

    @property
    def outlook(self) -> str:
        """2020年6月, 无法按期, 已完成."""
        return forecast.outlook_cell(self.progress)

    @property
    def needed(self) -> str:
        """1.25 a month."""
        return forecast.needed_cell(self.progress)

    @property
    def is_behind(self) -> bool:
        """Whether the target will not be reached in time as things go."""
        return forecast.is_behind(self.progress)


@dataclass(frozen=True)
class Month:
    """A month of the trend: its rate as printed, a dash where it has none."""

    month: datetime.date
    rate: str


def periods_measured() -> QuerySet[ReportingPeriod]:
    """The months that have figures, newest first."""
    return ReportingPeriod.objects.filter(computations__finished_at__isnull=False).order_by("-month")


def divisions_measured(user: Any, period: ReportingPeriod) -> QuerySet[Division]:
    """The divisions of that month that the user may see figures of."""
    measured = DivisionMeasure.objects.visible_to(user).for_period(period)
    return Division.objects.visible_to(user).filter(pk__in=measured.values("division"))


@dataclass(frozen=True)
class Board:
    """The figures of one division in one month, as one user may see them. Every method reads what it shows, once."""

    user: Any
    period: ReportingPeriod
    division: Division
    is_as_now: ClassVar[bool] = False  # by the divisions of today
    _below: dict[int, list[TargetResult]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def cards(self) -> list[Card]:
        """Every scored target of the plan, in its order; none for a month or division without figures."""
        results = self._own_results()
        trends = self._trends([result.target for result in results], [self.division])
        return [
            Card(result.target, result, percentage_of(result), trends[result.target_id, result.division_id])
            for result in results
        ]

    def rows(self, card: Card, link_to: LinkTo) -> list[Row]:
        """The divisions one level below; none where each is one judged unit, which has no rate of its own."""
        if card.target.level == Target.Level.COUNTY:
            return []
        results = self._one_level_below(card.target)
        trends = self._trends([card.target], [result.division for result in results])
        return [
            Row(result, link_to(result.division), progress_figures(trends[card.target.pk, result.division_id]))
            for result in results
        ]

    def months(self, card: Card) -> list[Month]:
        """The figures of the trend, the newest first: the table beside its chart."""
        figures = sorted(card.movement.figures.items(), reverse=True)
        return [Month(month, _as_printed(card.movement, figure)) for month, figure in figures[:MONTHS_SHOWN]]

    def trend_chart(self, card: Card) -> str:
        """The trend as a line, month by month, as SVG; empty while there is only one month."""
        figures = sorted(card.movement.figures.items())[-MONTHS_SHOWN:]
        known = [figure for _, figure in figures if figure is not None]
        if len(known) < FEWEST_POINTS:
            return ""
        points = [
            {"month": month, "value": figure, "label": _as_printed(card.movement, figure)} for month, figure in figures
        ]
        title = f"{self.division.name}{card.target.short_name}逐月{'平均数' if card.movement.is_mean else '达标率'}"
        return trend_svg(points, title=title, goal=float(goal_of(card.target)), is_percent=not card.movement.is_mean)

    def workforce(self) -> DivisionMeasure | None:
        """Workers and professionals of the division: for information, never scored."""
        measures = DivisionMeasure.objects.visible_to(self.user).for_period(self.period).with_workforce()
        return measures.filter(division=self.division).first()

    def communities_short_of(self, target: Target) -> QuerySet[CommunityMeasure]:
        """The communities that fall short, the farthest first."""
        return self._measures().falling_short_of(target)

    def communities_unknown_to(self, target: Target) -> QuerySet[CommunityMeasure]:
        """The communities that cannot be judged, because a figure or the population is missing."""
        return self._measures().unknown_for(target)

    def counties_judged_by(self, target: Target) -> Iterable[DivisionMeasure]:
        """For a target of whole counties: each of them, with `verdict`, `value` and `missing`."""
        measures = DivisionMeasure.objects.visible_to(self.user).for_period(self.period).judged_by(target)
        # Not `within` a county: what it has taken in since hangs under it, and stood by itself then.
        judged = measures if self._is_city else measures.filter(division=self.division)
        return judged.select_related("division").order_by("division__code")

    def chart(self, card: Card, link_to: LinkTo) -> str:
        """Bars of the divisions one level below, as SVG; empty where there is nothing below or to compare."""
        target = card.target
        title = f"{self.division.name}{self.period}{target.short_name}"
        if target.level == Target.Level.COUNTY:
            if not self._is_city:
                return ""
            bars = [_amount_row(measure, target, link_to) for measure in self.counties_judged_by(target)]
            return amount_by_division_svg(bars, title=title, at_least=float(target.at_least or 0))
        if target.aggregate == Target.Aggregate.MEAN:
            bars = [_amount_row(result, target, link_to) for result in self._one_level_below(target) if result.judged]
            return amount_by_division_svg(bars, title=title, at_least=float(target.at_least or 0)) if bars else ""
        rows = [_rate_row(result, link_to) for result in self._one_level_below(target)]
        if not rows:
            return ""
        average_name = f"平均{card.percentage}%" if card.percentage is not None else ""
        return rate_by_division_svg(rows, title=title, average=card.result.rate, average_name=average_name)

    def tiles(self, card: Card, link_to: LinkTo) -> str:
        """The schematic map of the counties, as SVG; empty below the city and where there are no rates to colour."""
        is_mean = card.target.aggregate == Target.Aggregate.MEAN
        if not self._is_city or card.target.level == Target.Level.COUNTY or is_mean:
            return ""
        rows = [
            {**_rate_row(result, link_to), "code": result.division.code, "label": ""}
            for result in self._one_level_below(card.target)
        ]
        return county_tiles_svg(rows, title=f"{self.period}各县（市、区）{card.target.short_name}达标率")

    @property
    def _is_city(self) -> bool:
        return self.division.level == Division.Level.CITY

    def _own_results(self) -> list[TargetResult]:
        return list(self._results(self.period).of_division(self.division).select_related("target__plan"))

    def _results(self, period: ReportingPeriod) -> Any:
        return TargetResult.objects.visible_to(self.user).for_period(period)

    def _trends(self, targets: list[Target], divisions: list[Division]) -> Trends:
        readable = TargetResult.objects.visible_to(self.user)
        return trends_until(
            self.period, targets=targets, divisions=divisions, results=readable, current_boundaries=self.is_as_now
        )

    def _measures(self) -> Any:
        """The communities that lay in the division in that month."""
        measures = CommunityMeasure.objects.visible_to(self.user).for_period(self.period).with_place()
        if self.division.level == Division.Level.COUNTY:
            return measures.filter(county=self.division)
        return measures if self._is_city else measures.filter(town=self.division)

    def _one_level_below(self, target: Target) -> list[TargetResult]:
        """The results of the divisions below, by code; read once, for table, bars and map."""
        if target.pk not in self._below:
            results = self._results(self.period).select_related("target__plan")
            if self._is_city:
                results = results.by_county(target)
            elif self.division.level == Division.Level.COUNTY:
                results = results.by_town(target, self.division)
            else:
                results = results.none()
            self._below[target.pk] = list(results)
        return self._below[target.pk]


def percentage_of(result: TargetResult) -> Decimal | None:
    """The rate in percent with one decimal, from the counts."""
    return percent(result.reached, result.judged)


def _as_printed(movement: Trend, figure: Fraction | None) -> str:
    """62.7%, or the mean with its unit; a dash for a month without a figure."""
    if figure is None:
        return words.NOT_KNOWN
    number = Decimal(figure.numerator) / figure.denominator
    if movement.is_mean:
        return f"{plain_number(number)}{movement.target.value_unit}"
    return words.percent_text(float(percent(figure.numerator, 100 * figure.denominator) or 0))


def _rate_row(result: TargetResult, link_to: LinkTo) -> dict[str, Any]:
    percentage = percentage_of(result)
    label = "无参评单位" if percentage is None else f"{percentage}%（{result.reached:,}/{result.judged:,}）"
    return {"name": result.division.name, "rate": result.rate, "label": label, "url": link_to(result.division)}


def _amount_row(measure: Any, target: Target, link_to: LinkTo) -> dict[str, Any]:
    label = "未填报" if measure.value is None else f"{plain_number(measure.value)}{target.value_unit}"
    return {
        "name": measure.division.name,
        "value": measure.value or 0,
        "label": label,
        "url": link_to(measure.division),
    }
