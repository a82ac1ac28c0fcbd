"""Figures of divisions: the rows that the apps declare, added up by the city, county and town of the month.

One statement a figure: its rows (`rows`) are joined with the map of the day, counted by place where the figure is counted
over places (`places`), and added up for every unit (`sums`; docs/domain.md §5.12). Import from here.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from changzhi_portal.figures import Figure
from changzhi_portal.records import field_of
from communities.models import RecordMove
from periods.models import ReportingPeriod
from targets.engine.figures.places import at_division, at_place, places, spread
from targets.engine.figures.rows import counted_row, querysets_of, reported_unit
from targets.engine.figures.sums import FIGURE_COLUMNS, SUMS, declared_part, figure_row, stored_columns, summed
from targets.engine.map_of_day import map_of
from targets.engine.sql import (
    CommonTable,
    Sql,
    compile_queryset,
    create_temp_tables,
    drop_temp_tables,
    execute,
    fetch_all,
    replace_month_rows,
    select_columns,
    select_from,
    table_name,
)
from targets.figures import SUM_DECIMALS
from targets.models import CommunityMeasure, FigureResult

__all__ = ["FIGURE_COLUMNS", "add_up_figures", "as_stored", "figure_as_of_now", "querysets_of"]

_SCRATCH = "figure_sums"
_EXACT = Decimal(1).scaleb(-SUM_DECIMALS)


def add_up_figures(period: ReportingPeriod, figures: Collection[Figure], *, keep_others: bool = False) -> int:
    """Replace the month's figures and return how many rows were written or removed.

    The tables of `map_of` and the month's community measures must exist. With `keep_others`, the stored rows of figures
    that are not among `figures` stay; else they are removed.
    """
    stored, listed = table_name(FigureResult), ", ".join(stored_columns())
    execute(Sql(f"CREATE TEMPORARY TABLE {_SCRATCH} AS SELECT {listed} FROM {stored} WHERE 1 = 0"))  # noqa: S608
    if keep_others:
        others = FigureResult.objects.order_by().of_period(period).exclude(code__in=[each.code for each in figures])
        rows = compile_queryset(others.values(*(field_of(FigureResult, name).attname for name in FIGURE_COLUMNS)))
        execute(_into_scratch(select_columns(stored_columns(), rows)))
    scored, moved = _scored(period), _moved_models(period.as_of)
    create_temp_tables(scored)
    for figure in figures:
        tables = _tables_of(figure, period, moved)
        execute(_into_scratch(select_from(named=tables, columns=[Sql(listed)], rows=Sql("figure_row"))))
    columns = {name: Sql(column) for name, column in zip(FIGURE_COLUMNS, stored_columns(), strict=True)}
    changed = replace_month_rows(
        FigureResult, period.pk, key="division code part", columns=columns, source=Sql(_SCRATCH)
    )
    drop_temp_tables(scored.name, _SCRATCH)
    return changed


def figure_as_of_now(period: ReportingPeriod, figure: Figure) -> list[FigureResult]:
    """Return the month's figure as the registers say now, unsaved, for the divisions of the month. Two queries.

    The communities counted are those that the month has measured.
    """
    named = [*map_of(period.as_of), _scored(period), *_tables_of(figure, period, _moved_models(period.as_of))]
    rows = fetch_all(select_from(named=named, columns=[Sql(name) for name in stored_columns()], rows=Sql("figure_row")))
    return [FigureResult(period=period, **as_stored(row)) for row in rows]


def as_stored(row: Sequence[Any]) -> dict[str, Any]:
    """Return the raw values of a row of figures, in the order of FIGURE_COLUMNS, as a saved row has them, by column."""
    names = [field_of(FigureResult, name).attname for name in FIGURE_COLUMNS]
    return {
        # SQLite returns decimals as floats.
        name: Decimal(str(value)).quantize(_EXACT) if name in SUMS and value is not None else value
        for name, value in zip(names, row, strict=True)
    }


def _into_scratch(rows: Sql) -> Sql:
    return Sql(f"INSERT INTO {_SCRATCH} ({', '.join(stored_columns())})\n{rows.text}", rows.params)


def _tables_of(figure: Figure, period: ReportingPeriod, moved: frozenset[str]) -> list[CommonTable]:
    """Return the tables of one figure's statement; the last, `figure_row`, has the columns of a stored row.

    The statement must also contain `map_of` the day, and `scored`.
    """
    return [
        counted_row(figure, period, moved),
        spread(figure),
        at_place(figure),
        at_division(figure),
        reported_unit(figure, period.as_of, moved),
        summed(figure),
        places(figure),
        declared_part(figure),
        figure_row(figure),
    ]


def _moved_models(day: datetime.date) -> frozenset[str]:
    """Return the labels of the models of which a record has moved after `day`."""
    return frozenset(RecordMove.objects.filter(moved_on__gt=day).order_by().values_list("model", flat=True).distinct())


def _scored(period: ReportingPeriod) -> CommonTable:
    columns = ("community_id", "town_id", "county_id")
    rows = compile_queryset(CommunityMeasure.objects.order_by().for_period(period).values(*columns))
    return CommonTable("scored", columns, select_columns(columns, rows))
