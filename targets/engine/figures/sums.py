"""The sums of a figure for every unit of the day, as a stored row has them."""

from __future__ import annotations

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Shown
from changzhi_portal.records import field_of
from targets.engine.figures.places import CITY, COUNTY, TOWN
from targets.engine.figures.rows import NOTHING
from targets.engine.sql import CommonTable, Sql, quote_name, union_all
from targets.figures import SUM_DECIMALS
from targets.models import FigureResult

SUMS = ("numerator", "denominator", "numerator_year", "denominator_year")
FIGURE_COLUMNS = ("division", "code", "part", *SUMS, "counties")


def stored_columns() -> list[str]:
    """Return the quoted columns of FIGURE_COLUMNS."""
    return [quote_name(str(field_of(FigureResult, name).column)) for name in FIGURE_COLUMNS]


def summed(figure: Figure) -> CommonTable:
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
        ("unit_id", "part", *SUMS),
        Sql(
            f"SELECT {spread}.unit_id, at_division.part, {sums}\n"
            f"FROM at_division JOIN {spread} ON {spread}.division_id = at_division.division_id\n{known}"
            f"GROUP BY {spread}.unit_id, at_division.part"
        ),
    )


def declared_part(figure: Figure) -> CommonTable:
    """Return every part of the figure, and "" for all together: each is stored, also where it has no row."""
    marks = union_all(*(Sql("SELECT CAST(%s AS VARCHAR(40))", (part,)) for part in ("", *figure.parts)))
    return CommonTable("declared_part", ("part",), marks)


def figure_row(figure: Figure) -> CommonTable:
    """Return the rows of the figure as they are stored: each unit whose county has reported, with every part."""
    number = "COALESCE(places.number, 0)"
    is_flow = figure.kind is FigureKind.FLOW
    if figure.shown is Shown.TOTAL:
        denominator = denominator_year = NOTHING
    elif figure.over is CountedOver.ROWS:
        denominator, denominator_year = _rounded("summed.denominator"), _rounded("summed.denominator_year")
    else:
        denominator = denominator_year = number
    covered = (
        f"CASE WHEN unit.level = '{CITY}' THEN (SELECT COUNT(*) FROM reported_unit AS known\n"  # noqa: S608
        "JOIN unit AS county ON county.unit_id = known.unit_id JOIN place ON place.division_id = county.unit_id\n"
        f"WHERE county.level = '{COUNTY}' AND place.city_id = unit.unit_id) END"
    )
    values = (
        "unit.unit_id",
        "CAST(%s AS VARCHAR(50))",
        "declared_part.part",
        _rounded("summed.numerator"),
        denominator,
        _rounded("summed.numerator_year") if is_flow else NOTHING,
        denominator_year if is_flow else NOTHING,
        covered,
    )
    # A figure counted over counties says nothing of a town.
    level = f"WHERE unit.level <> '{TOWN}'" if figure.over is CountedOver.COUNTIES else ""
    return CommonTable(
        "figure_row",
        stored_columns(),
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
