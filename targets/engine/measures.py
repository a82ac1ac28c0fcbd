"""Measuring a month: each register is counted once, by place; communities and divisions are measured from that.

Every register is a grouped queryset (docs/architecture.md, decision 5); nothing happens per community in Python.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db.models import F, Q
from django.db.models.functions import Right

from communities.models import CommunityPlacement, CommunityProfile
from communities.reference import FIRST_SUFFIX_WITHOUT_KIND
from periods.models import ReportingPeriod
from targets.engine.sql import Named, Sql, bring_month_to, compiled, table
from targets.indicators import REGISTERS, Register, newest_profiles
from targets.models import CommunityMeasure, DivisionMeasure

# Compared as text, because it is the end of a code.
_SUFFIX_WITHOUT_KIND = str(FIRST_SUFFIX_WITHOUT_KIND)


def counted_tables(day: datetime.date) -> list[Named]:
    """Per register `counted_<register>`: one row a place with the columns of the measures, and `reported_<register>`.

    The only look at the registers. Needs the map of `day`.
    """
    return [part for register in REGISTERS for part in (_counted(register, day), _reported(register, day))]


def measure_communities(period: ReportingPeriod) -> None:
    """Bring the month's community measures to what was counted. Needs `counted_tables` and the map."""
    columns = {
        "community": Sql("scored.community_id"),
        "code": Sql("scored.code"),
        "name": Sql("scored.name"),
        "county": Sql("place.county_id"),
        "town": Sql("place.town_id"),
        "kind": Sql("scored.kind"),
        "households": Sql("profile_of_households.households"),
        "residents": Sql("profile_of_residents.residents"),
        **{name: _known_or_zero(register, name) for register in REGISTERS for name in register.community_columns},
    }
    rows = [
        _scored(period.as_of),
        Sql("JOIN place ON place.division_id = scored.town_id"),
        *_population(period.as_of),
        *(part for register in REGISTERS for part in _joined(register)),
        # A place without a known population joins in once it is known: it may be no community at all (docs/domain.md §3).
        Sql(
            "WHERE place.town_id IS NOT NULL AND place.county_id IS NOT NULL\n"
            "AND (scored.suffix < %s OR profile_of_residents.residents IS NOT NULL)",
            (_SUFFIX_WITHOUT_KIND,),
        ),
    ]
    bring_month_to(CommunityMeasure, period.pk, key="community", columns=columns, source=_lines(rows))


def measure_divisions(period: ReportingPeriod) -> None:
    """Bring the month's measures of its city, counties and towns to what was counted. Needs the same tables."""
    registers = [register for register in REGISTERS if register.division_columns]
    columns = {
        "division": Sql("unit.unit_id"),
        **{name: _known_or_zero(register, name) for register in registers for name in register.division_columns},
    }
    rows = [Sql("unit")]
    for register in registers:
        rows.append(
            Sql(f"LEFT JOIN ({_added_up(register)}) AS {register.code} ON {register.code}.unit_id = unit.unit_id")
        )
        rows.append(_reporting(register, "unit.reporter_id"))
    bring_month_to(DivisionMeasure, period.pk, key="division", columns=columns, source=_lines(rows))


def _lines(parts: Sequence[Sql]) -> Sql:
    return Sql("\n".join(part.text for part in parts), tuple(value for part in parts for value in part.params))


def _scored(day: datetime.date) -> Sql:
    """The communities that may be scored on `day`, as they stood then."""
    placements = (
        CommunityPlacement.objects.order_by()
        .in_effect_on(day)
        .filter(Q(community__closed_on__isnull=True) | Q(community__closed_on__gt=day), community__is_virtual=False)
        .exclude(community__kind="")
    )
    rows = compiled(
        placements.values("community_id", "town_id", "code", "name", kind=F("community__kind"), suffix=Right("code", 3))
    )
    return Sql(f"({rows.text}) AS scored", rows.params)


def _population(day: datetime.date) -> list[Sql]:
    newest = compiled(newest_profiles(day))
    profiles = table(CommunityProfile)
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


def _joined(register: Register) -> list[Sql]:
    code = register.code
    return [
        Sql(f"LEFT JOIN counted_{code} AS {code} ON {code}.community_id = scored.community_id"),
        _reporting(register, "place.county_id"),
    ]


def _reporting(register: Register, unit: str) -> Sql:
    name = f"reported_{register.code}"
    return Sql(f"LEFT JOIN {name} ON {name}.unit_id = {unit}")


def _known_or_zero(register: Register, column: str) -> Sql:
    """Not reported at all is unknown (NULL); reported without a row for this place is zero (docs/domain.md §5)."""
    reported = f"reported_{register.code}.unit_id IS NOT NULL"
    return Sql(f"CASE WHEN {reported} THEN COALESCE({register.code}.{column}, 0) END")


def _counted(register: Register, day: datetime.date) -> Named:
    """What each place has on `day`, and the division where it lies then: a community, or (null) the division itself."""
    columns = tuple(register.columns)
    rows = compiled(register.by_place(day))
    at = "COALESCE(located.division_id, at_place.division_id)" if register.at_divisions else "located.division_id"
    return Named(
        f"counted_{register.code}",
        ("community_id", "division_id", *columns),
        Sql(
            f"SELECT at_place.community_id, {at}, {', '.join(f'at_place.{name}' for name in columns)}\n"
            f"FROM ({rows.text}) AS at_place\n"
            "LEFT JOIN located ON located.community_id = at_place.community_id",
            rows.params,
        ),
    )


def _reported(register: Register, day: datetime.date) -> Named:
    """The units with any row of a register, whatever its dates: those counted, and those of rows not in effect."""
    places = [f"SELECT division_id FROM counted_{register.code}"]  # noqa: S608
    others = compiled(register.other_communities(day))
    places.append(
        f"SELECT located.division_id FROM ({others.text}) AS other\n"  # noqa: S608
        "JOIN located ON located.community_id = other.community_id"
    )
    params = others.params
    if register.at_divisions:
        divisions = compiled(register.other_divisions(day))
        places.append(f"SELECT division_id FROM ({divisions.text}) AS other_division")  # noqa: S608
        params += divisions.params
    # UNION leaves each division once, so that few rows are joined to the map.
    mentioned = "\nUNION\n".join(places)
    return Named(
        f"reported_{register.code}",
        ("unit_id",),
        Sql(
            f"SELECT DISTINCT belongs.unit_id FROM ({mentioned}) AS mentioned\n"  # noqa: S608
            "JOIN belongs ON belongs.division_id = mentioned.division_id",
            params,
        ),
    )


def _added_up(register: Register) -> str:
    """The division columns added up for every unit, first where the places lie: that is few rows to spread."""
    columns = register.division_columns
    sums = ", ".join(f"SUM({name}) AS {name}" for name in columns)
    spread = ", ".join(f"SUM(at_division.{name}) AS {name}" for name in columns)
    return (
        f"SELECT belongs.unit_id, {spread} FROM (\n"  # noqa: S608
        f"SELECT division_id, {sums} FROM counted_{register.code} GROUP BY division_id\n) AS at_division\n"
        "JOIN belongs ON belongs.division_id = at_division.division_id\nGROUP BY belongs.unit_id"
    )
