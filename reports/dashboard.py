"""What the dashboard shows of one division in one month; reads only what the user may see.

Rates come from the counts, as in the briefing (`reports.percent`), so that page and paper say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.forms.models import model_to_dict

from communities.models import Division
from periods.models import ReportingPeriod, month_after
from reports import words
from reports.charts import amount_by_division_svg, county_tiles_svg, rate_by_division_svg
from reports.percent import percent
from targets.models import CommunityMeasure, DivisionMeasure, Target, TargetResult

LinkTo = Callable[[Division], str]


@dataclass(frozen=True)
class Card:
    """How a division stands against one target. Percentages have one decimal; None when nothing was judged."""

    target: Target
    result: TargetResult
    percentage: Decimal | None
    change: Decimal | None  # in percentage points on the month before; None when either month is missing

    @property
    def rate(self) -> str:
        """64.4%; a dash when nothing was judged."""
        return words.percent_text(None if self.percentage is None else float(self.percentage))

    @property
    def asked(self) -> str:
        """What the target asks, short: ≥500㎡, 2—5名."""
        return words.bounds(model_to_dict(self.target))

    @property
    def judged_units(self) -> str:
        """What is judged: 城市社区."""
        return words.judged_units(model_to_dict(self.target))

    @property
    def gap(self) -> str:
        """What is missing in all, with the target's unit."""
        return f"{self.result.gap.normalize():,f}{self.target.unit}"

    @property
    def trend(self) -> str:
        """较上月提高1.3个百分点; empty without a month before."""
        return words.change_on_last_month(None if self.change is None else float(self.change))


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

    def cards(self) -> list[Card]:
        """Every scored target of the plan, in its order; none for a month or division without figures."""
        before = ReportingPeriod.objects.filter(month=month_after(self.period.month, -1)).first()
        earlier: dict[int, Decimal | None] = {}
        if before is not None:
            of_before = self._results(before).filter(division=self.division)
            earlier = {result.target_id: percentage_of(result) for result in of_before}
        results = self._results(self.period).of_division(self.division)
        return [_card(result, earlier.get(result.target_id)) for result in results]

    def workforce(self) -> DivisionMeasure | None:
        """Workers and professionals of the division: for information, never scored."""
        measures = DivisionMeasure.objects.visible_to(self.user).for_period(self.period).with_workforce()
        return measures.filter(division=self.division).first()

    def communities_short_of(self, target: Target) -> QuerySet[CommunityMeasure]:
        """The communities that fall short, the farthest first."""
        return self._measures().falling_short_of(target)

    def communities_unknown_to(self, target: Target) -> QuerySet[CommunityMeasure]:
        """The communities that cannot be judged, because a figure or the population is missing."""
        return self._measures().unknown_to(target)

    def counties_judged_by(self, target: Target) -> QuerySet[DivisionMeasure]:
        """For a target of whole counties: each of them, with `verdict`, `value` and `missing`."""
        measures = DivisionMeasure.objects.visible_to(self.user).within(self.division).for_period(self.period)
        return measures.select_related("division").judged_by(target).order_by("division__code")

    def chart(self, card: Card, link_to: LinkTo) -> str:
        """Bars of the divisions one level below, as SVG; empty where there is nothing below or to compare."""
        target = card.target
        title = f"{self.division.name}{self.period}{target.short_name}"
        if target.level == Target.Level.COUNTY:
            if not self._is_city:
                return ""
            bars = [_amount_row(measure, target, link_to) for measure in self.counties_judged_by(target)]
            return amount_by_division_svg(bars, title=title, at_least=float(target.at_least or 0))
        rows = [_rate_row(result, link_to) for result in self._one_level_below(target)]
        if not rows:
            return ""
        average_name = f"平均{card.percentage}%" if card.percentage is not None else ""
        return rate_by_division_svg(rows, title=title, average=card.result.rate, average_name=average_name)

    def tiles(self, card: Card, link_to: LinkTo) -> str:
        """The schematic map of the counties, as SVG; empty below the city and for targets of whole counties."""
        if not self._is_city or card.target.level == Target.Level.COUNTY:
            return ""
        rows = [
            {**_rate_row(result, link_to), "code": result.division.code, "label": ""}
            for result in self._one_level_below(card.target)
        ]
        return county_tiles_svg(rows, title=f"{self.period}各县（市、区）{card.target.short_name}达标率")

    @property
    def _is_city(self) -> bool:
        return self.division.level == Division.Level.CITY

    def _results(self, period: ReportingPeriod) -> Any:
        return TargetResult.objects.visible_to(self.user).for_period(period)

    def _measures(self) -> Any:
        """The communities that lay in the division in that month."""
        measures = CommunityMeasure.objects.visible_to(self.user).for_period(self.period).with_place()
        if self.division.level == Division.Level.COUNTY:
            return measures.filter(county=self.division)
        return measures if self._is_city else measures.filter(town=self.division)

    def _one_level_below(self, target: Target) -> Iterable[TargetResult]:
        results = self._results(self.period)
        if self._is_city:
            return results.by_county(target)
        return results.by_town(target, self.division) if self.division.level == Division.Level.COUNTY else []


def percentage_of(result: TargetResult) -> Decimal | None:
    """The rate in percent with one decimal, from the counts."""
    return percent(result.reached, result.judged)


def _card(result: TargetResult, before: Decimal | None) -> Card:
    now = percentage_of(result)
    change = now - before if now is not None and before is not None else None
    return Card(target=result.target, result=result, percentage=now, change=change)


def _rate_row(result: TargetResult, link_to: LinkTo) -> dict[str, Any]:
    percentage = percentage_of(result)
    label = "无参评单位" if percentage is None else f"{percentage}%（{result.reached}/{result.judged}）"
    return {"name": result.division.name, "rate": result.rate, "label": label, "url": link_to(result.division)}


def _amount_row(measure: Any, target: Target, link_to: LinkTo) -> dict[str, Any]:
    label = "未填报" if measure.value is None else f"{words.plain(measure.value)}{target.unit}"
    return {
        "name": measure.division.name,
        "value": measure.value or 0,
        "label": label,
        "url": link_to(measure.division),
    }
