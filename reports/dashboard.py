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


def cards(user: Any, period: ReportingPeriod, division: Division) -> list[Card]:
    """Every scored target of the plan, in its order."""
    seen = TargetResult.objects.visible_to(user)
    before = ReportingPeriod.objects.filter(month=month_after(period.month, -1)).first()
    earlier = (
        {result.target_id: percentage_of(result) for result in seen.for_period(before).filter(division=division)}
        if before is not None
        else {}
    )
    return [_card(result, earlier.get(result.target_id)) for result in seen.for_period(period).of_division(division)]


def _card(result: TargetResult, before: Decimal | None) -> Card:
    now = percentage_of(result)
    change = now - before if now is not None and before is not None else None
    return Card(target=result.target, result=result, percentage=now, change=change)


def percentage_of(result: TargetResult) -> Decimal | None:
    """The rate in percent with one decimal, from the counts."""
    return percent(result.reached, result.judged)


def workforce(user: Any, period: ReportingPeriod, division: Division) -> DivisionMeasure | None:
    """Workers and professionals of the division: for information, never scored."""
    return (
        DivisionMeasure.objects.visible_to(user).for_period(period).with_workforce().filter(division=division).first()
    )


def measures_within(user: Any, period: ReportingPeriod, division: Division) -> QuerySet[CommunityMeasure]:
    """The communities that lay in the division in that month."""
    measures = CommunityMeasure.objects.visible_to(user).for_period(period).with_place()
    if division.level == Division.Level.COUNTY:
        return measures.filter(county=division)
    return measures.filter(town=division) if division.level == Division.Level.TOWN else measures


def counties_short_of(user: Any, period: ReportingPeriod, target: Target) -> QuerySet[DivisionMeasure]:
    """For a target that judges counties: each county judged, with `verdict`, `value` and `missing`."""
    measures = DivisionMeasure.objects.visible_to(user).for_period(period).select_related("division")
    return measures.judged_by(target).order_by("division__code")


def chart(user: Any, period: ReportingPeriod, division: Division, card: Card, link_to: LinkTo) -> str:
    """Bars of the divisions one level below, as SVG; empty where there is nothing below or to compare."""
    target = card.target
    title = f"{division.name}{period}{target.short_name}"
    if target.level == Target.Level.COUNTY:
        if division.level != Division.Level.CITY:
            return ""
        measures = counties_short_of(user, period, target)
        return amount_by_division_svg(
            [_amount_row(measure, target, link_to) for measure in measures],
            title=title,
            at_least=float(target.at_least or 0),
        )
    rows = [_rate_row(result, link_to) for result in _one_level_below(user, period, division, target)]
    if not rows:
        return ""
    return rate_by_division_svg(
        rows,
        title=title,
        average=card.result.rate,
        average_name=f"平均{card.percentage}%" if card.percentage is not None else "",
    )


def tiles(user: Any, period: ReportingPeriod, division: Division, card: Card, link_to: LinkTo) -> str:
    """The schematic map of the city's counties, as SVG; empty for other divisions and for targets of whole counties."""
    if division.level != Division.Level.CITY or card.target.level == Target.Level.COUNTY:
        return ""
    results = _one_level_below(user, period, division, card.target)
    return county_tiles_svg(
        [
            {**_rate_row(result, link_to), "code": result.division.code, "label": _tile_label(result)}
            for result in results
        ],
        title=f"{period}各县（市、区）{card.target.short_name}达标率",
    )


def _tile_label(result: TargetResult) -> str:
    """The percentage that the bar beside the map shows, which a rate of four decimals may round otherwise."""
    percentage = percentage_of(result)
    return "" if percentage is None else f"{percentage}%"


def _one_level_below(user: Any, period: ReportingPeriod, division: Division, target: Target) -> Iterable[TargetResult]:
    seen = TargetResult.objects.visible_to(user).for_period(period)
    if division.level == Division.Level.CITY:
        return seen.by_county(target)
    return seen.by_town(target, division) if division.level == Division.Level.COUNTY else seen.none()


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
