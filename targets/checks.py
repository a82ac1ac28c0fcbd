"""System checks of what the apps declare in `<app>/indicators.py`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error

from changzhi_portal.figures import CountedOver, Shown, declared_figures
from changzhi_portal.indicators import CountedFigure, CountedRegister, Indicator, counted_registers, indicators
from targets.figures import ENGINE_RULES, JSON_COLUMN, SUM_DECIMALS

_LONGEST_PART = 40
# Valid without quotes both as a column of PostgreSQL and as a JSON path.
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,49}")


def check_indicators(**_: Any) -> list[CheckMessage]:
    """Return an error for each declaration that cannot be measured: invalid names, unknown figures, unlabelled values."""
    return [Error(message, id="targets.E001") for message in _all_messages()]


def _all_messages() -> Iterator[str]:
    yield from (*_registers(), *_figures(), *_indicators(), *_dimensions(), *_figures_of_divisions())


def _registers() -> Iterator[str]:
    yield from _twice("register", [register.code for register in counted_registers()])
    for register in counted_registers():
        if not _IDENTIFIER.fullmatch(register.code):
            yield f"The code of the register {register.code!r} is not a lower-case identifier."


def _figures() -> Iterator[str]:
    reserved = {*ENGINE_RULES, *_columns_of_places()}
    every = {id(figure): figure for register in counted_registers() for figure in _all_figures(register)}.values()
    yield from _twice("figure", [figure.name for figure in every])
    for figure in every:
        if not _IDENTIFIER.fullmatch(figure.name):
            yield f"The name of the figure {figure.name!r} is not a lower-case identifier of at most 50 characters."
        if figure.name in reserved:
            yield f"The figure {figure.name!r} has the name of a column of the measures, or of an engine rule."


def _all_figures(register: CountedRegister) -> tuple[CountedFigure, ...]:
    return (*register.community_figures, *register.division_figures)


def _columns_of_places() -> set[str]:
    """Return the columns of the measures that describe the place, and the aliases used by the engine."""
    reserved = {
        "id",
        "ref",
        "row_id",
        "unit_at",
        "verdict",
        "value",
        "missing",
        "lacking",
        "figure",
        "base",
        JSON_COLUMN,
    }
    measures: list[Any] = [model for model in apps.get_models() if hasattr(model, "declared_figures")]
    for model in measures:
        names = (*model.place_columns, *model.population_columns)
        columns = [field for field in model._meta.concrete_fields if field.is_relation or field.attname in names]
        reserved |= {name for field in columns for name in (field.name, field.attname)}
    return reserved


def _indicators() -> Iterator[str]:
    yield from _twice("indicator", [indicator.code for indicator in indicators()])
    for indicator in indicators():
        if not any(register is indicator.register for register in counted_registers()):
            yield f"The register of the indicator {indicator.code!r} is not declared in a module `indicators`."
        yield from _figures_of(indicator)


def _figures_of(indicator: Indicator) -> Iterator[str]:
    register = indicator.register
    counted = register.division_figures if indicator.is_of_divisions else register.community_figures
    unknown = set(indicator.figures.values()) - {figure.name for figure in counted}
    for name in sorted(unknown):
        yield f"The indicator {indicator.code!r} is made of {name!r}, which its register does not count of such units."
    if indicator.dimension is None and set(indicator.figures) != {""}:
        yield f"The indicator {indicator.code!r} has figures by value, but no dimension that tells the values apart."
    if indicator.dimension is not None:
        for value in sorted(set(indicator.figures) - set(indicator.dimension.values)):
            yield f"The value {value!r} of the indicator {indicator.code!r} has no label in its dimension."


def _dimensions() -> Iterator[str]:
    declared = {id(indicator.dimension): indicator.dimension for indicator in indicators() if indicator.dimension}
    yield from _twice("dimension", [dimension.code for dimension in declared.values()])


def _figures_of_divisions() -> Iterator[str]:
    yield from _twice("figure of divisions", [figure.code for figure in declared_figures()])
    for figure in declared_figures():
        if not _IDENTIFIER.fullmatch(figure.code):
            yield f"The code of the figure {figure.code!r} is not a lower-case identifier of at most 50 characters."
        for part in figure.parts:
            if not 0 < len(part) <= _LONGEST_PART:
                yield f"The part {part!r} of the figure {figure.code!r} must have 1 to {_LONGEST_PART} characters."
        if not 0 <= figure.decimals <= SUM_DECIMALS:
            yield f"The figure {figure.code!r} has more decimals than the {SUM_DECIMALS} that its sums are stored with."
        if figure.shown is Shown.CHANGE and figure.over is not CountedOver.ROWS:
            yield f"The figure {figure.code!r} is a change, whose earlier sum its rows must give as denominator."


def _twice(kind: str, names: list[str]) -> Iterator[str]:
    for name, number in Counter(names).items():
        if number > 1:
            yield f"{number} of the declared {kind}s are called {name!r}."
