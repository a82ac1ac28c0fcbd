"""Where the rows of a figure count: their division of the day, and the place that is counted once."""

from __future__ import annotations

from changzhi_portal.figures import CountedOver, Figure, Shown
from communities.models import Division
from targets.engine.sql import CommonTable, Sql, union_all

CITY, COUNTY, TOWN = (level.value for level in (Division.Level.CITY, Division.Level.COUNTY, Division.Level.TOWN))


def spread(figure: Figure) -> CommonTable:
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


def at_place(figure: Figure) -> CommonTable:
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
    level = TOWN if figure.over is CountedOver.TOWNS else COUNTY
    units = (
        f"JOIN spread ON spread.division_id = {at}\n"
        f"JOIN unit ON unit.unit_id = spread.unit_id AND unit.level = '{level}'\n"
    )
    return [("unit.unit_id", "unit.unit_id", located + units + scored)]


def at_division(figure: Figure) -> CommonTable:
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


def places(figure: Figure) -> CommonTable:
    """Return the number of places of each unit that the figure is counted over, in counties that have reported."""
    if figure.over is CountedOver.COMMUNITIES:
        rows = (
            "SUM(town.number)\n"
            "FROM (SELECT town_id, county_id, COUNT(*) AS number FROM scored GROUP BY town_id, county_id) AS town\n"
            "JOIN reported_unit ON reported_unit.unit_id = town.county_id\n"
            "JOIN belongs ON belongs.division_id = town.town_id"
        )
    else:
        level = {CountedOver.TOWNS: TOWN, CountedOver.COUNTIES: COUNTY}.get(figure.over, "")
        rows = (
            "COUNT(*) FROM unit JOIN reported_unit ON reported_unit.unit_id = unit.reporter_id\n"
            f"JOIN belongs ON belongs.division_id = unit.unit_id WHERE unit.level = '{level}'"
        )
    return CommonTable("places", ("unit_id", "number"), Sql(f"SELECT belongs.unit_id, {rows} GROUP BY belongs.unit_id"))
