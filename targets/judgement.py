"""Judgement of a measured unit by a target (docs/domain.md §5), as query expressions.

The expressions are over the columns of CommunityMeasure or DivisionMeasure, so that roll-ups, lists and previews of
another rule judge alike, in SQL, without reading the registers again.

Ratios are compared by multiplication: 90 m² for 300 households reach 30 per 100 because 90 × 100 ≥ 30 × 300. All
arithmetic is in whole hundredths, so that every database gives the same answer.

A figure of divisions is judged by its printed number, which `targets.figure_values` makes in exact arithmetic: SQLite
divides decimals as floats, and nobody should read 95.0 % beside 未达标 for ≥ 95 %. A month has one row a county, so the
numbers are handed to the query as constants.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple, Protocol, TypeVar

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DecimalField,
    F,
    Model,
    Q,
    QuerySet,
    TextChoices,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, NullIf, Round
from django.db.models.lookups import GreaterThan, IsNull, LessThan

from changzhi_portal.figures import Figure, declared_figures
from changzhi_portal.indicators import CountingRule, indicator_named
from changzhi_portal.refusals import InvalidError
from targets.figures import OF_DIVISIONS, sum_of

Measures = TypeVar("Measures", bound="QuerySet[Any]")
HUNDREDTHS = 100


class Verdict(TextChoices):
    """Verdict on a unit. MET and OVER count as reached; UNKNOWN counts as judged but not as reached."""

    MET = "met", "达标"
    OVER = "over", "超出上限"
    UNMET = "unmet", "未达标"
    NOT_APPLICABLE = "not_applicable", "不适用"
    UNKNOWN = "unknown", "未知"


class JudgingTarget(Protocol):
    """The attributes of a target that decide how a unit is judged (see `targets.models.Target`); it need not be saved."""

    code: str
    name: str
    is_scored: bool
    indicator: str
    counting_rule: CountingRule
    per: str
    minimum_population: int | None
    at_least: Decimal | None
    at_most: Decimal | None


# The printed number of a figure by the keys of month and division; None where there is nothing to divide by.
PrintedFigures = Mapping[tuple[int, int], Decimal | None]


class Ratio(NamedTuple):
    """The base of a ratio: the figure per `per` of the measure's column `of`."""

    of: str
    per: int


_RATIOS = {"100_households": Ratio("households", 100), "10000_residents": Ratio("residents", 10_000)}


def ratio_of(target: JudgingTarget) -> Ratio | None:
    """Return the base of the ratio that a target judges; None when it judges the figure itself."""
    return _RATIOS.get(target.per)


def in_hundredths(number: Decimal | int) -> int:
    """Return a number of at most two decimals as a whole number of hundredths."""
    return int(Decimal(number) * HUNDREDTHS)


def judges_figure(target: JudgingTarget) -> bool:
    """Return whether a target judges a figure of divisions, by the name that its indicator has (`figure.on_time`)."""
    return target.indicator.startswith(OF_DIVISIONS)


def figure_judged(target: JudgingTarget) -> Figure:
    """Return the figure of divisions that a target judges. Raises InvalidError for one that no app declares."""
    code = target.indicator.removeprefix(OF_DIVISIONS)
    by_code = {figure.code: figure for figure in declared_figures()}
    if code not in by_code:
        raise InvalidError(
            f"没有名为“{code}”的工作指标，请在方案中选择已有的指标。",
            cure=f"There is no figure {code!r}. Choose one of {', '.join(by_code)}.",
            field="indicator",
        )
    return by_code[code]


def verdict_on_figure(target: JudgingTarget, value: Decimal | None) -> Verdict:
    """Return the verdict on a reported figure by its printed number: both bounds are included, and above is unmet.

    None, where there is nothing to divide by, is not applicable.
    """
    if value is None:
        return Verdict.NOT_APPLICABLE
    is_below = target.at_least is not None and value < target.at_least
    is_above = target.at_most is not None and value > target.at_most
    return Verdict.UNMET if is_below or is_above else Verdict.MET


def annotate_judgement(measures: Measures, target: JudgingTarget, printed: PrintedFigures | None = None) -> Measures:
    """Annotate measures with `verdict`, `value` and `missing` for a target, which need not be saved.

    `value` is the figure that is compared with the bounds, in the target's `value_unit`; NULL when unknown. `missing`
    is what an unmet unit lacks to the lower bound, in the target's `unit`, otherwise NULL: a community of 400
    households that should have 30 m² per 100 and has 100 m² lacks 20 m². For a target for the mean, each unit is
    compared with the required mean. For a target of a figure of divisions, `printed` has the figures; `missing` is always
    NULL, since points of rates do not add up. Raises InvalidError for a target that is not scored or cannot be judged.
    """
    judgement = _judgement(target, measures.model, printed)
    return measures.annotate(verdict=judgement.verdict(), value=judgement.value(), missing=judgement.missing())


def annotate_summands(measures: Measures, target: JudgingTarget, printed: PrintedFigures | None = None) -> Measures:
    """Annotate measures with columns that can be added up over units.

    `verdict`; `lacking`, the `missing` of `annotate_judgement` in hundredths; `figure` (hundredths) and `base`, both NULL
    unless the unit is met, over or unmet. The mean of several units is Σ figure × per / Σ base. `base` is 1 for a target
    without a ratio. `printed` as in `annotate_judgement`: a figure of divisions has no summands but its verdict.
    """
    judgement = _judgement(target, measures.model, printed)
    measures = measures.annotate(verdict=judgement.verdict(), lacking=judgement.lacking())
    return measures.annotate(figure=judgement.if_judged(judgement.hundredths), base=judgement.if_judged(judgement.base))


def _judgement(target: JudgingTarget, model: type[Model], printed: PrintedFigures | None) -> Any:
    return _FigureJudgement(target, printed or {}) if judges_figure(target) else _Judgement(target, model)


def _not_scored(target: JudgingTarget) -> InvalidError:
    return InvalidError(
        f"“{target.name}”仅供参考，不参与测评。",
        cure=f"The target {target.code} is for information and not scored.",
    )


class _FigureJudgement:
    """The query expressions of one target of a figure of divisions; a division without a printed figure is unknown."""

    def __init__(self, target: JudgingTarget, printed: PrintedFigures) -> None:
        if not target.is_scored:
            raise _not_scored(target)
        self.target, self.printed = target, printed
        self.hundredths = self.base = Cast(Value(None), BigIntegerField())

    def verdict(self) -> Case:
        """Return the verdict by the printed number."""
        cases = [
            When(_is_at(key), then=Value(verdict_on_figure(self.target, value).value))
            for key, value in self.printed.items()
        ]
        return Case(*cases, default=Value(Verdict.UNKNOWN.value), output_field=CharField(max_length=14))

    def value(self) -> Cast:
        """Return the printed number; NULL when unknown and where there is nothing to divide by."""
        cases = [
            When(_is_at(key), then=Value(value, output_field=_amount()))
            for key, value in self.printed.items()
            if value is not None
        ]
        return Cast(Case(*cases, default=None, output_field=_amount()), _amount())

    def lacking(self) -> Cast:
        """Return nothing: what several divisions miss of a rate cannot be added up."""
        return Cast(Value(None), BigIntegerField())

    def missing(self) -> Cast:
        """Return nothing, as `lacking`."""
        return Cast(Value(None), _amount())

    def if_judged(self, number: Combinable) -> Combinable:
        """Return `number`, which is NULL."""
        return number


def _is_at(key: tuple[int, int]) -> Q:
    period_id, division_id = key
    return Q(period_id=period_id, division_id=division_id)


class _Judgement:
    """The query expressions of one target over one measure model."""

    def __init__(self, target: JudgingTarget, model: type[Model]) -> None:
        if not target.is_scored or target.at_least is None:
            raise _not_scored(target)
        self.target = target
        self.at_least = target.at_least
        self.ratio = ratio_of(target)
        self.per = self.ratio.per if self.ratio else 1
        indicator = indicator_named(target.indicator)
        self.figure = sum_of(model, indicator, target.counting_rule)
        hundredths = self.figure * HUNDREDTHS
        self.hundredths = Cast(Round(hundredths) if indicator.has_decimals else hundredths, BigIntegerField())
        self.base: Combinable = (
            Cast(F(self.ratio.of), BigIntegerField()) if self.ratio else Value(1, output_field=BigIntegerField())
        )

    def verdict(self) -> Case:
        """Return the verdict. A missing population makes it unknown even where the figure alone would decide."""
        verdicts = [*self._without_comparing(), When(self._is_below(), then=Value(Verdict.UNMET.value))]
        if self.target.at_most is not None:
            verdicts.append(When(self._is_above(self.target.at_most), then=Value(Verdict.OVER.value)))
        return Case(*verdicts, default=Value(Verdict.MET.value), output_field=CharField(max_length=14))

    def value(self) -> Cast:
        """Return the figure, or the ratio rounded half up to hundredths; NULL when unknown or when its base is 0."""
        if self.ratio is None:
            return Cast(self.figure, _amount())
        base = NullIf(self.base, Value(0, output_field=BigIntegerField()))
        rounded = (2 * self.per * self.hundredths + base) / (2 * base)
        return _from_hundredths(rounded)

    def lacking(self) -> Case:
        """Return what is missing to the lower bound, in hundredths, rounded up so that an unmet unit never lacks 0."""
        lowest = Value(in_hundredths(self.at_least), output_field=BigIntegerField())
        short = (lowest * self.base - self.hundredths * self.per + (self.per - 1)) / self.per
        if self.ratio is None:
            short = lowest - self.hundredths
        return self._if_below(short, BigIntegerField())

    def missing(self) -> Case:
        """Return `lacking` in the target's unit."""
        return self._if_below(_from_hundredths(self.lacking()), _amount())

    def if_judged(self, number: Combinable) -> Case:
        """Return `number` for units that are met, over or unmet; NULL for others."""
        others = [When(when.condition, then=None) for when in self._without_comparing()]
        return Case(*others, default=number, output_field=BigIntegerField())

    def _if_below(self, number: Combinable, field: Any) -> Case:
        others = [When(when.condition, then=None) for when in self._without_comparing()]
        return Case(*others, When(self._is_below(), then=number), default=None, output_field=field)

    def _without_comparing(self) -> list[When]:
        """Return the verdicts that need no comparison with the bounds."""
        unknown, not_applicable = Value(Verdict.UNKNOWN.value), Value(Verdict.NOT_APPLICABLE.value)
        cases = []
        if self.target.minimum_population is not None:
            cases.append(When(Q(residents__isnull=True), then=unknown))
            # 以上 includes the number itself: a community of exactly the minimum is judged.
            cases.append(When(Q(residents__lt=self.target.minimum_population), then=not_applicable))
        if self.ratio is not None:
            cases.append(When(Q(**{f"{self.ratio.of}__isnull": True}), then=unknown))
            # A ratio to nobody is not judged.
            cases.append(When(Q(**{self.ratio.of: 0}), then=not_applicable))
        cases.append(When(Q(IsNull(self.figure, True)), then=unknown))
        return cases

    def _is_below(self) -> Q:
        return Q(LessThan(*self._sides(self.at_least)))

    def _is_above(self, at_most: Decimal | int) -> Q:
        return Q(GreaterThan(*self._sides(at_most)))

    def _sides(self, bound: Decimal | int) -> tuple[Any, Any]:
        if self.ratio is None:
            return self.figure, Value(Decimal(bound), output_field=_amount())
        return self.hundredths * self.per, self.base * Value(in_hundredths(bound), output_field=BigIntegerField())


def _amount() -> DecimalField:
    return DecimalField(max_digits=14, decimal_places=2)


def _from_hundredths(number: Combinable) -> Cast:
    # SQLite: division of integers would truncate, so multiply; it multiplies decimals as floats, so round.
    decimal = Cast(number, _amount()) * Value(Decimal(1) / HUNDREDTHS, output_field=_amount())
    return Cast(Round(decimal, precision=2), _amount())
