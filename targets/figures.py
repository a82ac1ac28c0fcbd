"""Access to the declared figures of a measure, and the versions of figures that a month has measured (ADR 0018).

A figure is stored in the column of the measure with its name; every other figure is a key of the JSON column `figures`.
The functions here read both alike.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from django.db.models import BigIntegerField, DecimalField, F, Field, Func, Model
from django.db.models.expressions import Combinable
from django.db.models.functions import Round

from changzhi_portal.figures import declared_figures
from changzhi_portal.indicators import CountedFigure, CountingRule, Indicator, counted_figures, figure_named

JSON_COLUMN = "figures"
# Versions of the engine's own rules, by their names in `Computation.measured`. Raise the number of a rule that changes:
# POPULATION: the households and residents of a community on a day; SCORED: which communities are measured;
# JUDGED: how a figure becomes a verdict and verdicts become results; ADDED_UP: how rows become figures of divisions.
POPULATION, SCORED, JUDGED, ADDED_UP = "population", "scored", "judged", "added_up"
ENGINE_RULES = {POPULATION: 1, SCORED: 1, JUDGED: 1, ADDED_UP: 1}
# What the names of figures of divisions begin with there: their codes may be those of counted figures as well.
OF_DIVISIONS = "figure."
# The sums of figures of divisions: money of a city with fen and mean scores fit; SQLite keeps 15 significant digits.
SUM_DIGITS, SUM_DECIMALS = 20, 4
_MAX_DIGITS, _DECIMAL_PLACES = 14, 2


def declared_versions() -> dict[str, int]:
    """Return the version of every declared figure, of divisions too, and of every engine rule by name, sorted by name.

    Sorted, because SQLite compares a JSON column as text.
    """
    versions = {name: figure.version for name, figure in counted_figures().items()} | ENGINE_RULES
    versions |= {version_name(figure.code): figure.version for figure in declared_figures()}
    return dict(sorted(versions.items()))


def version_name(code: str) -> str:
    """Return the name in `Computation.measured` of a figure of divisions."""
    return f"{OF_DIVISIONS}{code}"


def has_column(model: type[Model], name: str) -> bool:
    """Return whether the measure model has a column for the figure."""
    return any(field.name == name for field in model._meta.concrete_fields)


def expression_of(model: type[Model], name: str) -> Combinable:
    """Return a query expression for a figure of a measure; NULL where it is unknown or was not measured.

    Raises LookupError for a figure that is neither a column of the measure nor declared.
    """
    if has_column(model, name):
        return F(name)
    return JSONFigure(F(JSON_COLUMN), key=name, output_field=_field_of(figure_named(name)))


def _field_of(figure: CountedFigure) -> Field:
    if figure.has_decimals:
        return DecimalField(max_digits=_MAX_DIGITS, decimal_places=_DECIMAL_PLACES)
    return BigIntegerField()


def sum_of(model: type[Model], indicator: Indicator, rule: CountingRule) -> Combinable:
    """Return a query expression for an indicator of a measure: the sum of the figures that the counting rule selects.

    NULL when one of the figures is NULL. Raises InvalidError for a rule that does not fit the indicator.
    """
    expressions = [expression_of(model, name) for name in indicator.figures_counted(rule)]
    total = reduce(add, expressions)
    # SQLite adds decimals as floats.
    return Round(total, precision=_DECIMAL_PLACES) if indicator.has_decimals and len(expressions) > 1 else total


def figure_of(measure: Any, name: str) -> Any:
    """Return a figure of a measure instance; None where it is unknown or was not measured."""
    return getattr(measure, name) if has_column(type(measure), name) else measure.figures.get(name)


class JSONFigure(Func):
    """A key of a measure's JSON column; NULL where the column does not have it.

    Not Django's `KT()`: on SQLite that reads a JSON null as the text "null", which would become 0.
    """

    arity = 1
    template = "JSON_EXTRACT(%(expressions)s, '$.%(key)s')"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL for PostgreSQL, which extracts text."""
        cast_to = self.output_field.db_type(connection)
        template = f"CAST(%(expressions)s ->> '%(key)s' AS {cast_to})"
        return self.as_sql(compiler, connection, template=template, **context)
