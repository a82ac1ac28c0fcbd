"""Figures of divisions: the rows that the apps declare, added up by the city, county and town of the month.

One statement a figure: its rows are joined with the map of the day, counted by place where the figure is counted over
places, and added up for every unit (docs/domain.md §5.12).
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Shown
from changzhi_portal.records import FollowsCommunity, field_of
from communities.models import Division, RecordMove
from periods.models import ReportingPeriod
from targets.engine.map_of_day import map_of
from targets.engine.sql import (
    CommonTable,
    Sql,
    compile_queryset,
    create_temp_tables,
    drop_temp_tables,
    execute,
    fetch_all,
    quote_name,
    replace_month_rows,
    select_columns,
    select_from,
    table_name,
    union_all,
)
from targets.figures import SUM_DECIMALS
from targets.models import CommunityMeasure, FigureResult

_SUMS = ("numerator", "denominator", "numerator_year", "denominator_year")
FIGURE_COLUMNS = ("division", "code", "part", *_SUMS, "counties")
_PLACE = ("community_id", "division_id")
_SCRATCH = "figure_sums"
# PostgreSQL takes a bare NULL of a common table for text.
_NOTHING = "CAST(NULL AS NUMERIC)"
_EXACT = Decimal(1).scaleb(-SUM_DECIMALS)
_CITY, _COUNTY, _TOWN = (level.value for level in (Division.Level.CITY, Division.Level.COUNTY, Division.Level.TOWN))


def add_up_figures(period: ReportingPeriod, figures: Collection[Figure], *, keep_others: bool = False) -> int:
    """Replace the month's figures and return how many rows were written or removed.

    The tables of `map_of` and the month's community measures must exist. With `keep_others`, the stored rows of figures
    that are not among `figures` stay; else they are removed.
    """
    stored, listed = table_name(FigureResult), ", ".join(_stored_columns())
    execute(Sql(f"CREATE TEMPORARY TABLE {_SCRATCH} AS SELECT {listed} FROM {stored} WHERE 1 = 0"))  # noqa: S608
    if keep_others:
        others = FigureResult.objects.order_by().of_period(period).exclude(code__in=[each.code for each in figures])
        rows = compile_queryset(others.values(*(field_of(FigureResult, name).attname for name in FIGURE_COLUMNS)))
        execute(_into_scratch(select_columns(_stored_columns(), rows)))
    scored, moved = _scored(period), _moved_models(period.as_of)
    create_temp_tables(scored)
    for figure in figures:
        tables = _tables_of(figure, period, moved)
        execute(_into_scratch(select_from(named=tables, columns=[Sql(listed)], rows=Sql("figure_row"))))
    columns = {name: Sql(column) for name, column in zip(FIGURE_COLUMNS, _stored_columns(), strict=True)}
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
    rows = fetch_all(
        select_from(named=named, columns=[Sql(name) for name in _stored_columns()], rows=Sql("figure_row"))
    )
    return [FigureResult(period=period, **as_stored(row)) for row in rows]


def as_stored(row: Sequence[Any]) -> dict[str, Any]:
    """Return the raw values of a row of figures, in the order of FIGURE_COLUMNS, as a saved row has them, by column."""
    names = [field_of(FigureResult, name).attname for name in FIGURE_COLUMNS]
    return {
        # SQLite returns decimals as floats.
        name: Decimal(str(value)).quantize(_EXACT) if name in _SUMS and value is not None else value
        for name, value in zip(names, row, strict=True)
    }


def _stored_columns() -> list[str]:
    return [quote_name(str(field_of(FigureResult, name).column)) for name in FIGURE_COLUMNS]


def _into_scratch(rows: Sql) -> Sql:
    return Sql(f"INSERT INTO {_SCRATCH} ({', '.join(_stored_columns())})\n{rows.text}", rows.params)


# --- One figure ---


def _tables_of(figure: Figure, period: ReportingPeriod, moved: frozenset[str]) -> list[CommonTable]:
    """Return the tables of one figure's statement; the last, `figure_row`, has the columns of a stored row.

    The statement must also contain `map_of` the day, and `scored`.
    """
    return [
        _counted_row(figure, period, moved),
        _spread(figure),
        _at_place(figure),
        _at_division(figure),
        _reported(figure, period.as_of, moved),
        _summed(figure),
        _places(figure),
        _declared_part(figure),
        _figure_row(figure),
    ]


def _counted_row(figure: Figure, period: ReportingPeriod, moved: frozenset[str]) -> CommonTable:
    """Return the rows of the month and, of a flow, those since 1 January once more, told apart by `span`."""
    last = period.as_of
    spans = [_rows_of(figure.rows(period.month, last), figure, last, "month", moved)]
    if figure.kind is FigureKind.FLOW:
        spans.append(_rows_of(figure.rows(last.replace(month=1, day=1), last), figure, last, "year", moved))
    columns = ("span", *_PLACE, "part", "numerator", "denominator")
    return CommonTable("counted_row", columns, union_all(*spans))


def _rows_of(rows: Any, figure: Figure, last: datetime.date, span: str, moved: frozenset[str]) -> Sql:
    parts = []
    for each in querysets_of(rows):
        known = _columns_of(each)
        part = "CAST(part AS VARCHAR(40))" if figure.parts else "''"
        denominator = "denominator" if _has_denominators(figure) else _NOTHING
        chosen = [*_places_in(known), part, "numerator", denominator]
        parts += [
            Sql(f"SELECT '{span}', {', '.join(chosen)} FROM ({found.text}) AS declared", found.params)  # noqa: S608
            for found in _where_they_were(each, last, moved)
        ]
    return union_all(*parts)


def _has_denominators(figure: Figure) -> bool:
    return figure.over is CountedOver.ROWS and figure.shown is not Shown.TOTAL


def querysets_of(rows: Any) -> Sequence[QuerySet[Any, Any]]:
    """Return the querysets of a declaration: one, or several in a tuple. Raises TypeError for a union."""
    found = rows if isinstance(rows, tuple) else (rows,)
    for each in found:
        if each.query.combinator:
            raise TypeError("Rows of a figure are no union: return the querysets in a tuple.")
    return found


def _columns_of(rows: QuerySet[Any, Any]) -> set[str]:
    return {*rows.query.values_select, *rows.query.annotation_select}


def _places_in(known: Collection[str]) -> list[str]:
    """Return the columns of the place of declared rows, NULL for one that they do not have. Raises TypeError without any."""
    if not set(known) & set(_PLACE):
        raise TypeError(f"Rows of a figure name their place as {' or '.join(_PLACE)}, and not only {sorted(known)}.")
    return [f"CAST({name if name in known else 'NULL'} AS BIGINT)" for name in _PLACE]


def _where_they_were(rows: QuerySet[Any, Any], last: datetime.date, moved: frozenset[str]) -> list[Sql]:
    """Return the rows, those that have moved since to the successor of their community at the former one (ADR 0021).

    Only rows of a model that follows its community, whose `community_id` is its own column: rows that compute it say
    themselves where they were (`communities.models.community_on`).
    """
    rows, model = rows.order_by(), rows.model
    follows = issubclass(model, FollowsCommunity) and "community_id" in rows.query.values_select
    if model._meta.label_lower not in moved or not follows:
        return [compile_queryset(rows)]
    later = RecordMove.objects.of_model(model).filter(moved_on__gt=last)
    has_moved = Q(pk__in=later.order_by().values("record_id"))
    former = compile_queryset(
        RecordMove.objects.former_on(model, last).order_by().values("record_id", "from_community_id")
    )
    single = compile_queryset(rows.filter(has_moved).annotate(row_id=F("pk") + 0))
    others = [quote_name(name) for name in _columns_of(rows) if name != "community_id"]
    chosen = ", ".join(["moves.from_community_id AS community_id", *(f"moved.{name}" for name in others)])
    return [
        compile_queryset(rows.filter(~has_moved)),
        Sql(
            f"SELECT {chosen} FROM ({single.text}) AS moved\n"  # noqa: S608
            f"JOIN ({former.text}) AS moves ON moves.record_id = moved.row_id",
            (*single.params, *former.params),
        ),
    ]


def _moved_models(day: datetime.date) -> frozenset[str]:
    """Return the labels of the models of which a record has moved after `day`."""
    return frozenset(RecordMove.objects.filter(moved_on__gt=day).order_by().values_list("model", flat=True).distinct())


def _scored(period: ReportingPeriod) -> CommonTable:
    columns = ("community_id", "town_id", "county_id")
    rows = compile_queryset(CommunityMeasure.objects.order_by().for_period(period).values(*columns))
    return CommonTable("scored", columns, select_columns(columns, rows))


def _spread(figure: Figure) -> CommonTable:
    """Return the units that the rows of a division count for: itself and those above, perhaps also those below."""
    upwards = "SELECT division_id, unit_id FROM belongs"
    if figure.applies_below:
        # UNION: a unit counts a row once, although it is its own as well.
        upwards += (
            "\nUNION\nSELECT own.division_id, unit.unit_id FROM place AS own\n"
            "JOIN place AS below ON below.town_id = own.town_id"
            " OR (own.town_id IS NULL AND below.county_id = own.county_id)"
            " OR (own.county_id IS NULL AND below.city_id = own.city_id)\n"
            "JOIN unit ON unit.unit_id = below.division_id"
        )
    return CommonTable("spread", ("division_id", "unit_id"), Sql(upwards))


def _at_place(figure: Figure) -> CommonTable:
    """Return the rows with the division of the day where they count, and with the place that is counted once.

    Each row stands here for all parts together, and once more for its part. Rows that lie in no place of the kind that the
    figure is counted over are left out.
    """
    whole = ("''", "counted_row")
    by_part = ("counted_row.part", "(SELECT * FROM counted_row WHERE part <> '') AS counted_row")
    parts = [
        Sql(
            f"SELECT counted_row.span, {part}, {at}, {counted}, counted_row.numerator, counted_row.denominator\n"
            f"FROM {rows} {joined}"
        )
        for at, counted, joined in _ways_to_place(figure)
        for part, rows in (whole, *([by_part] if figure.parts else []))
    ]
    columns = ("span", "part", "division_id", "counted_id", "numerator", "denominator")
    return CommonTable("at_place", columns, union_all(*parts))


def _ways_to_place(figure: Figure) -> list[tuple[str, str, str]]:
    """Return how rows get to where they count: the division, the place that is counted once, and the joins to both."""
    located = "LEFT JOIN located ON located.community_id = counted_row.community_id\n"
    at = "COALESCE(located.division_id, counted_row.division_id)"
    if figure.over is CountedOver.COMMUNITIES:
        own = "JOIN scored ON scored.community_id = counted_row.community_id"
        ways = [("scored.town_id", "scored.community_id", own)]
        if figure.applies_below:
            below = (
                "JOIN place AS own ON own.division_id = counted_row.division_id\n"
                "JOIN belongs ON belongs.unit_id = COALESCE(own.town_id, own.county_id, own.city_id)\n"
                "JOIN scored ON scored.town_id = belongs.division_id\nWHERE counted_row.community_id IS NULL"
            )
            ways.append(("scored.town_id", "scored.community_id", below))
        return ways
    scored = ""
    if figure.scored_only:
        scored = (
            "LEFT JOIN scored ON scored.community_id = counted_row.community_id\n"
            "WHERE counted_row.community_id IS NULL OR scored.community_id IS NOT NULL"
        )
    if figure.over is CountedOver.ROWS:
        return [(at, "0", located + scored)]
    level = _TOWN if figure.over is CountedOver.TOWNS else _COUNTY
    units = (
        f"JOIN spread ON spread.division_id = {at}\n"
        f"JOIN unit ON unit.unit_id = spread.unit_id AND unit.level = '{level}'\n"
    )
    return [("unit.unit_id", "unit.unit_id", located + units + scored)]


def _at_division(figure: Figure) -> CommonTable:
    """Return the sums of each division; a rate over places counts every place once, however many rows it has."""
    columns = ("span", "part", "division_id", "numerator", "denominator")
    rows = "at_place"
    if figure.shown is Shown.RATE and figure.over is not CountedOver.ROWS:
        rows = (
            "(SELECT span, part, division_id, CASE WHEN SUM(numerator) > 0 THEN 1 ELSE 0 END AS numerator,"
            " SUM(denominator) AS denominator FROM at_place GROUP BY span, part, division_id, counted_id) AS once"
        )
    return CommonTable(
        "at_division",
        columns,
        Sql(
            f"SELECT span, part, division_id, SUM(numerator), SUM(denominator) FROM {rows}\n"  # noqa: S608
            "GROUP BY span, part, division_id"
        ),
    )


def _summed(figure: Figure) -> CommonTable:
    """Return the sums of every unit.

    Rows over places lie at their place already, and go only upwards from there; as the places that they are counted over,
    they are those of counties that have reported.
    """
    spread, known = "spread", ""
    if figure.over is not CountedOver.ROWS:
        spread = "belongs"
        known = (
            "JOIN place ON place.division_id = at_division.division_id\n"
            "JOIN reported_unit ON reported_unit.unit_id = place.county_id\n"
        )
    sums = ", ".join(
        f"SUM(CASE WHEN at_division.span = '{span}' THEN at_division.{name} END)"
        for span in ("month", "year")
        for name in ("numerator", "denominator")
    )
    return CommonTable(
        "summed",
        ("unit_id", "part", *_SUMS),
        Sql(
            f"SELECT {spread}.unit_id, at_division.part, {sums}\n"
            f"FROM at_division JOIN {spread} ON {spread}.division_id = at_division.division_id\n{known}"
            f"GROUP BY {spread}.unit_id, at_division.part"
        ),
    )


def _reported(figure: Figure, last: datetime.date, moved: frozenset[str]) -> CommonTable:
    """Return the units with any row of the register by the last day; of rows that apply below, also the units there."""
    parts = []
    for each in querysets_of(figure.reported(last)):
        community, division = _places_in(_columns_of(each))
        for found in _where_they_were(each, last, moved):
            parts.append(
                Sql(
                    "SELECT COALESCE(located.division_id, mentioned.division_id) FROM (\n"  # noqa: S608
                    f"SELECT {community} AS community_id, {division} AS division_id FROM ({found.text}) AS declared\n"
                    ") AS mentioned LEFT JOIN located ON located.community_id = mentioned.community_id",
                    found.params,
                )
            )
    # UNION leaves each division once, so that few rows are joined to the map.
    mentioned = "\nUNION\n".join(part.text for part in parts)
    return CommonTable(
        "reported_unit",
        ("unit_id",),
        Sql(
            f"SELECT DISTINCT unit_id FROM spread WHERE division_id IN (\n{mentioned}\n)",  # noqa: S608
            tuple(value for part in parts for value in part.params),
        ),
    )


def _places(figure: Figure) -> CommonTable:
    """Return the number of places of each unit that the figure is counted over, in counties that have reported."""
    if figure.over is CountedOver.COMMUNITIES:
        rows = (
            "SUM(town.number)\n"
            "FROM (SELECT town_id, county_id, COUNT(*) AS number FROM scored GROUP BY town_id, county_id) AS town\n"
            "JOIN reported_unit ON reported_unit.unit_id = town.county_id\n"
            "JOIN belongs ON belongs.division_id = town.town_id"
        )
    else:
        level = {CountedOver.TOWNS: _TOWN, CountedOver.COUNTIES: _COUNTY}.get(figure.over, "")
        rows = (
            "COUNT(*) FROM unit JOIN reported_unit ON reported_unit.unit_id = unit.reporter_id\n"
            f"JOIN belongs ON belongs.division_id = unit.unit_id WHERE unit.level = '{level}'"
        )
    return CommonTable("places", ("unit_id", "number"), Sql(f"SELECT belongs.unit_id, {rows} GROUP BY belongs.unit_id"))


def _declared_part(figure: Figure) -> CommonTable:
    """Return every part of the figure, and "" for all together: each is stored, also where it has no row."""
    marks = union_all(*(Sql("SELECT CAST(%s AS VARCHAR(40))", (part,)) for part in ("", *figure.parts)))
    return CommonTable("declared_part", ("part",), marks)


def _figure_row(figure: Figure) -> CommonTable:
    number = "COALESCE(places.number, 0)"
    is_flow = figure.kind is FigureKind.FLOW
    if figure.shown is Shown.TOTAL:
        denominator = denominator_year = _NOTHING
    elif figure.over is CountedOver.ROWS:
        denominator, denominator_year = _rounded("summed.denominator"), _rounded("summed.denominator_year")
    else:
        denominator = denominator_year = number
    covered = (
        f"CASE WHEN unit.level = '{_CITY}' THEN (SELECT COUNT(*) FROM reported_unit AS known\n"  # noqa: S608
        "JOIN unit AS county ON county.unit_id = known.unit_id JOIN place ON place.division_id = county.unit_id\n"
        f"WHERE county.level = '{_COUNTY}' AND place.city_id = unit.unit_id) END"
    )
    values = (
        "unit.unit_id",
        "CAST(%s AS VARCHAR(50))",
        "declared_part.part",
        _rounded("summed.numerator"),
        denominator,
        _rounded("summed.numerator_year") if is_flow else _NOTHING,
        denominator_year if is_flow else _NOTHING,
        covered,
    )
    # A figure counted over counties says nothing of a town.
    level = f"WHERE unit.level <> '{_TOWN}'" if figure.over is CountedOver.COUNTIES else ""
    return CommonTable(
        "figure_row",
        _stored_columns(),
        Sql(
            f"SELECT {', '.join(values)}\nFROM unit CROSS JOIN declared_part\n"
            "JOIN reported_unit ON reported_unit.unit_id = unit.reporter_id\n"
            "LEFT JOIN summed ON summed.unit_id = unit.unit_id AND summed.part = declared_part.part\n"
            f"LEFT JOIN places ON places.unit_id = unit.unit_id\n{level}",
            (figure.code,),
        ),
    )


def _rounded(column: str) -> str:
    # SQLite adds decimals as floats.
    return f"ROUND(CAST(COALESCE({column}, 0) AS NUMERIC), {SUM_DECIMALS})"
