"""SQL that adds up a month's division measures for the counties of today (docs/domain.md §3: 现行区划)."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from changzhi_portal.figures import declared_figures
from changzhi_portal.indicators import CountedFigure
from changzhi_portal.records import field_of
from communities.models import Division
from periods.models import ReportingPeriod
from targets.engine.figures import FIGURE_COLUMNS, as_stored
from targets.engine.map_of_day import map_of
from targets.engine.sql import (
    CommonTable,
    Sql,
    compile_queryset,
    fetch_all,
    json_object,
    quote_name,
    select_from,
    table_name,
    union_all,
)
from targets.figures import JSON_COLUMN, SUM_DECIMALS, expression_of, has_column
from targets.judgement import PrintedFigures, figure_judged
from targets.models import DivisionMeasure, FigureResult, Target
from targets.models.figure import printed_figures

CURRENT_BOUNDARIES = "measured_in_current_boundaries"
FIGURES_OF_TODAY = "figures_in_current_boundaries"


def figure_columns() -> list[str]:
    """Return the columns of DivisionMeasure that contain figures: one for each with a column, and the JSON column."""
    names = [figure.name for figure in DivisionMeasure.declared_figures()]
    return [*(name for name in names if has_column(DivisionMeasure, name)), JSON_COLUMN]


def current_boundaries_measures(period: ReportingPeriod) -> list[CommonTable]:
    """Return the table CURRENT_BOUNDARIES: DivisionMeasure's rows of a month summed for each county of today.

    The statement must also contain `map_of(today)`. A county of that month counts for its successor. Where a county has
    been split, its towns are subtracted from it and added to the counties where they lie now. Unknown figures are
    skipped, because a county of today is known as soon as any part of it has reported (docs/domain.md §5).
    """
    sums = {figure.name: _sum_of_parts(figure) for figure in DivisionMeasure.declared_figures()}
    with_columns = [name for name in sums if has_column(DivisionMeasure, name)]
    others = {name: Sql(text) for name, text in sums.items() if name not in with_columns}
    json_column = json_object(others)
    listed = ", ".join([*(sums[name] for name in with_columns), json_column.text])
    month = compile_queryset(
        DivisionMeasure.objects.order_by()
        .for_period(period)
        .values(
            "period_id", "division_id", *with_columns, **{name: expression_of(DivisionMeasure, name) for name in others}
        )
    )
    return [
        CommonTable("part", ("division_id", "county_id", "sign"), _parts_of_counties()),
        CommonTable(
            CURRENT_BOUNDARIES,
            ("period_id", "division_id", *map(quote_name, figure_columns())),
            Sql(
                f"SELECT measure.period_id, part.county_id, {listed}\n"
                f"FROM ({month.text}) AS measure JOIN part ON part.division_id = measure.division_id\n"
                "GROUP BY measure.period_id, part.county_id",
                (*json_column.params, *month.params),
            ),
        ),
    ]


def _parts_of_counties() -> Sql:
    """Return division, county of today and sign of every row that is added to, or taken from, a county of today."""
    divisions = table_name(Division)
    county, town = Division.Level.COUNTY.value, Division.Level.TOWN.value
    strayed = (
        f"FROM {divisions} AS town\n"
        "JOIN place AS own ON own.division_id = town.id\n"
        "JOIN place AS above ON above.division_id = town.parent_id\n"
        "WHERE town.level = %s AND own.county_id <> above.county_id"
    )
    return Sql(
        f"SELECT county.id, place.county_id, 1 FROM {divisions} AS county\n"  # noqa: S608
        "JOIN place ON place.division_id = county.id WHERE county.level = %s\nUNION ALL\n"
        f"SELECT town.id, own.county_id, 1 {strayed}\nUNION ALL\n"
        f"SELECT town.id, above.county_id, -1 {strayed}",
        (county, town, town),
    )


def current_boundaries_figures(period: ReportingPeriod, not_added: Collection[str]) -> list[CommonTable]:
    """Return the table FIGURES_OF_TODAY: FigureResult's rows of a month summed for city, counties and towns of today.

    The statement must also contain `map_of(today)`. Counties as in `current_boundaries_measures`; a town counts for its
    successor. Numerators and denominators are added up, so that a mean or rate is that of all parts together. Figures of
    the codes `not_added` are left out where several parts became one, because one row counts in each of the parts.
    """
    divisions, town, city = table_name(Division), Division.Level.TOWN.value, Division.Level.CITY.value
    whole = Sql(
        f"SELECT own.id, COALESCE(place.town_id, place.city_id), 1 FROM {divisions} AS own\n"  # noqa: S608
        "JOIN place ON place.division_id = own.id\n"
        "WHERE (own.level = %s AND place.town_id IS NOT NULL) OR own.level = %s",
        (town, city),
    )
    names = ("numerator", "denominator", "numerator_year", "denominator_year")
    month = compile_queryset(
        FigureResult.objects.order_by().of_period(period).values("division_id", "code", "part", "counties", *names)
    )
    # SQLite adds decimals as floats.
    sums = ", ".join(f"ROUND(SUM(share.sign * stored.{name}), {SUM_DECIMALS})" for name in names)
    excluded = f"stored.code IN ({', '.join('%s' for _ in not_added)})" if not_added else "1 = 0"
    return [
        CommonTable("share", ("division_id", "unit_id", "sign"), union_all(_parts_of_counties(), whole)),
        CommonTable(
            FIGURES_OF_TODAY,
            ("division_id", "code", "part", *names, "counties"),  # as FIGURE_COLUMNS of targets.engine.figures
            Sql(
                f"SELECT share.unit_id, stored.code, stored.part, {sums}, SUM(stored.counties)\n"
                f"FROM ({month.text}) AS stored JOIN share ON share.division_id = stored.division_id\n"
                f"GROUP BY share.unit_id, stored.code, stored.part HAVING COUNT(*) = 1 OR NOT ({excluded})",
                (*month.params, *not_added),
            ),
        ),
    ]


def figures_on_map(
    period: ReportingPeriod, day: datetime.date, *, judged_by: Target | None = None
) -> list[FigureResult]:
    """Return the month's figures of divisions, unsaved, added up for city, counties and towns of another day. One query.

    With `judged_by`, only the figure that this target judges, all parts together, of city and counties. A figure whose
    rows apply below a division is left out where several divisions became one.
    """
    names = [field_of(FigureResult, name).attname for name in FIGURE_COLUMNS]
    not_added = [figure.code for figure in declared_figures() if figure.applies_below]
    rows = Sql(FIGURES_OF_TODAY)
    if judged_by is not None:
        above_towns = "JOIN unit ON unit.unit_id = division_id AND unit.level <> %s WHERE code = %s AND part = ''"
        rows = Sql(f"{FIGURES_OF_TODAY} {above_towns}", (Division.Level.TOWN.value, figure_judged(judged_by).code))
    statement = select_from(
        named=[*map_of(day), *current_boundaries_figures(period, not_added)],
        columns=[Sql(name) for name in names],
        rows=rows,
    )
    return [FigureResult(period=period, **as_stored(row)) for row in fetch_all(statement)]


def printed_on_map(period: ReportingPeriod, target: Target, day: datetime.date) -> PrintedFigures:
    """Return the printed figure that a target judges, of city and counties of another day; {} for any other target."""
    if not target.judges_figure:
        return {}
    return printed_figures(target, figures_on_map(period, day, judged_by=target))


def _sum_of_parts(figure: CountedFigure) -> str:
    total = f"SUM(part.sign * measure.{quote_name(figure.name)})"
    # SQLite adds decimals as floats.
    return f"ROUND({total}, 2)" if figure.has_decimals else total


def read_current_boundaries(rows: Sql) -> Sql:
    """Return a compiled queryset of DivisionMeasure that reads CURRENT_BOUNDARIES instead of the model's table."""
    own = table_name(DivisionMeasure)
    return Sql(rows.text.replace(f"FROM {own}", f"FROM {CURRENT_BOUNDARIES} AS {own}", 1), rows.params)
