"""Measuring a month: each register is counted once by place; community and division measures are computed from that.

Every register is a grouped queryset (docs/architecture.md, decision 5); no loop over communities runs in Python.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from django.db.models import F, Model, Q
from django.db.models.functions import Right

from changzhi_portal.indicators import CountedFigure, CountedRegister, counted_registers
from communities.models import CommunityPlacement, CommunityProfile, RecordMove
from communities.population import newest_profiles
from communities.reference import FIRST_SUFFIX_WITHOUT_KIND
from periods.models import ReportingPeriod
from targets.engine.sql import (
    CommonTable,
    Sql,
    compile_queryset,
    json_object,
    quote_name,
    replace_month_rows,
    select_columns,
    table_name,
    union_all,
)
from targets.figures import JSON_COLUMN, has_column
from targets.models import CommunityMeasure, DivisionMeasure

# As text, because it is compared with the end of a code.
_SUFFIX_WITHOUT_KIND = str(FIRST_SUFFIX_WITHOUT_KIND)


def counted_tables(day: datetime.date) -> list[CommonTable]:
    """Return two tables for each register; nothing else reads the registers.

    `counted_<register>` has one row for each place, with the register's figures. `reported_<register>` has the units that
    have reported the register. The statement must also contain `map_of(day)`.
    """
    return [part for register in counted_registers() for part in (_counted(register, day), _reported(register, day))]


def measure_communities(period: ReportingPeriod) -> None:
    """Update the month's community measures. The tables of `map_of` and `counted_tables` must exist."""
    registers = counted_registers()
    columns = {
        "community": Sql("scored.community_id"),
        "code": Sql("scored.code"),
        "name": Sql("scored.name"),
        "county": Sql("place.county_id"),
        "town": Sql("place.town_id"),
        "kind": Sql("scored.kind"),
        "households": Sql("profile_of_households.households"),
        "residents": Sql("profile_of_residents.residents"),
        **_figures(CommunityMeasure, ((each, each.community_figures) for each in registers)),
    }
    rows = [
        _scored(period.as_of),
        Sql("JOIN place ON place.division_id = scored.town_id"),
        *_population(period.as_of),
        *(part for register in registers for part in _joined(register)),
        # A code without a kind is measured once its population is known: it may be no community (docs/domain.md §3).
        Sql(
            "WHERE place.town_id IS NOT NULL AND place.county_id IS NOT NULL\n"
            "AND (scored.suffix < %s OR profile_of_residents.residents IS NOT NULL)",
            (_SUFFIX_WITHOUT_KIND,),
        ),
    ]
    replace_month_rows(CommunityMeasure, period.pk, key="community", columns=columns, source=_lines(rows))


def measure_divisions(period: ReportingPeriod) -> None:
    """Update the month's measures of city, counties and towns. The tables of `map_of` and `counted_tables` must exist."""
    registers = [register for register in counted_registers() if register.division_figures]
    columns = {
        "division": Sql("unit.unit_id"),
        **_figures(DivisionMeasure, ((each, each.division_figures) for each in registers)),
    }
    rows = [Sql("unit")]
    for register in registers:
        rows.append(
            Sql(f"LEFT JOIN ({_added_up(register)}) AS {register.code} ON {register.code}.unit_id = unit.unit_id")
        )
        rows.append(_reporting(register, "unit.reporter_id"))
    replace_month_rows(DivisionMeasure, period.pk, key="division", columns=columns, source=_lines(rows))


def _lines(parts: Sequence[Sql]) -> Sql:
    return Sql("\n".join(part.text for part in parts), tuple(value for part in parts for value in part.params))


def _scored(day: datetime.date) -> Sql:
    """Return the communities that may be scored on `day`, with code, name and town of that day."""
    placements = (
        CommunityPlacement.objects.order_by()
        .in_effect_on(day)
        .filter(Q(community__closed_on__isnull=True) | Q(community__closed_on__gt=day), community__is_virtual=False)
        .exclude(community__kind="")
    )
    rows = compile_queryset(
        placements.values("community_id", "town_id", "code", "name", kind=F("community__kind"), suffix=Right("code", 3))
    )
    return Sql(f"({rows.text}) AS scored", rows.params)


def _population(day: datetime.date) -> list[Sql]:
    newest = compile_queryset(newest_profiles(day))
    profiles = table_name(CommunityProfile)
    return [
        Sql(f"LEFT JOIN ({newest.text}) AS newest ON newest.community_id = scored.community_id", newest.params),
        *(
            Sql(
                f"LEFT JOIN {profiles} AS profile_of_{figure} ON profile_of_{figure}.community_id = newest.community_id"
                f" AND profile_of_{figure}.as_of = newest.{figure}_on"
            )
            for figure in ("residents", "households")
        ),
    ]


def _joined(register: CountedRegister) -> list[Sql]:
    code = register.code
    return [
        Sql(f"LEFT JOIN counted_{code} AS {code} ON {code}.community_id = scored.community_id"),
        _reporting(register, "place.county_id"),
    ]


def _reporting(register: CountedRegister, unit: str) -> Sql:
    name = f"reported_{register.code}"
    return Sql(f"LEFT JOIN {name} ON {name}.unit_id = {unit}")


def _figures(model: type[Model], counted: Iterable[tuple[CountedRegister, Sequence[CountedFigure]]]) -> dict[str, Sql]:
    """Return the measure's columns of figures: one for each figure with a column, and the JSON column of the others."""
    values = {figure.name: _known_or_zero(register, figure) for register, figures in counted for figure in figures}
    columns = {name: value for name, value in values.items() if has_column(model, name)}
    others = {name: value for name, value in values.items() if name not in columns}
    return {**columns, JSON_COLUMN: json_object(others)}


def _known_or_zero(register: CountedRegister, figure: CountedFigure) -> Sql:
    """Return a figure: NULL (unknown) if the register is not reported, 0 if it is but has no row at this place.

    See docs/domain.md §5.5.
    """
    reported = f"reported_{register.code}.unit_id IS NOT NULL"
    return Sql(f"CASE WHEN {reported} THEN COALESCE({register.code}.{quote_name(figure.name)}, 0) END")


def _counted(register: CountedRegister, day: datetime.date) -> CommonTable:
    """Return the figures of each place on `day` with its division of that day; `community_id` is NULL for a division."""
    columns = tuple(quote_name(figure.name) for figure in register.figures)
    rows = _by_place(register, day)
    at = "COALESCE(located.division_id, at_place.division_id)" if register.at_divisions else "located.division_id"
    return CommonTable(
        f"counted_{register.code}",
        ("community_id", "division_id", *columns),
        Sql(
            f"SELECT at_place.community_id, {at}, {', '.join(f'at_place.{name}' for name in columns)}\n"
            f"FROM ({rows.text}) AS at_place\n"
            "LEFT JOIN located ON located.community_id = at_place.community_id",
            rows.params,
        ),
    )


def _by_place(register: CountedRegister, day: datetime.date) -> Sql:
    """Return the figures of each place; rows that have moved since to the successor of their community count there not yet.

    Only the few moved rows are counted one by one, and only for days before a move (ADR 0021).
    """
    former = RecordMove.objects.former_on(register.model, day).order_by()
    if not former.exists():
        return compile_queryset(register.by_place(day))
    names = [figure.name for figure in register.figures]
    place = ["community_id", "division_id"] if register.at_divisions else ["community_id"]
    moves = compile_queryset(former.values("record_id", "from_community_id"))
    moved = Q(pk__in=RecordMove.objects.of_model(register.model).filter(moved_on__gt=day).values("record_id"))
    stayed = compile_queryset(register.by_place(day, ~moved))
    single = compile_queryset(register.by_row(day, moved))
    quoted = [quote_name(name) for name in names]
    division = ["NULL"] if register.at_divisions else []
    parts = union_all(
        select_columns([*place, *quoted], stayed),
        Sql(
            f"SELECT {', '.join(['moves.from_community_id', *division, *(f'moved.{name}' for name in quoted)])}\n"
            f"FROM ({single.text}) AS moved JOIN ({moves.text}) AS moves ON moves.record_id = moved.row_id",
            (*single.params, *moves.params),
        ),
    )
    sums = [f"{_total(figure)} AS {quote_name(figure.name)}" for figure in register.figures]
    grouped = ", ".join(place)
    return Sql(f"SELECT {grouped}, {', '.join(sums)} FROM ({parts.text}) AS parts GROUP BY {grouped}", parts.params)  # noqa: S608


def _total(figure: CountedFigure) -> str:
    total = f"SUM({quote_name(figure.name)})"
    # SQLite adds decimals as floats.
    return f"ROUND({total}, 2)" if figure.has_decimals else total


def _reported(register: CountedRegister, day: datetime.date) -> CommonTable:
    """Return the units with any row of a register, including rows that are not in effect on `day`."""
    places = [f"SELECT division_id FROM counted_{register.code}"]  # noqa: S608
    others = compile_queryset(register.other_communities(day))
    places.append(
        f"SELECT located.division_id FROM ({others.text}) AS other\n"  # noqa: S608
        "JOIN located ON located.community_id = other.community_id"
    )
    params = others.params
    if register.at_divisions:
        divisions = compile_queryset(register.other_divisions(day))
        places.append(f"SELECT division_id FROM ({divisions.text}) AS other_division")  # noqa: S608
        params += divisions.params
    # UNION leaves each division once, so that few rows are joined to the map.
    mentioned = "\nUNION\n".join(places)
    return CommonTable(
        f"reported_{register.code}",
        ("unit_id",),
        Sql(
            f"SELECT DISTINCT belongs.unit_id FROM ({mentioned}) AS mentioned\n"  # noqa: S608
            "JOIN belongs ON belongs.division_id = mentioned.division_id",
            params,
        ),
    )


def _added_up(register: CountedRegister) -> str:
    """Return the SQL of a register's figures summed for every unit; first for each division, to join fewer rows."""
    columns = [quote_name(figure.name) for figure in register.division_figures]
    sums = ", ".join(f"SUM({name}) AS {name}" for name in columns)
    spread = ", ".join(f"SUM(at_division.{name}) AS {name}" for name in columns)
    return (
        f"SELECT belongs.unit_id, {spread} FROM (\n"  # noqa: S608
        f"SELECT division_id, {sums} FROM counted_{register.code} GROUP BY division_id\n) AS at_division\n"
        "JOIN belongs ON belongs.division_id = at_division.division_id\nGROUP BY belongs.unit_id"
    )
