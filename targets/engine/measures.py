"""Measuring a month: one INSERT … SELECT for the communities, one for the divisions (design.md decision 5).

Each register's grouped queryset is joined as a subquery; nothing happens per community in Python.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db.models import F, Q
from django.db.models.functions import Right

from communities.models import CommunityPlacement, CommunityProfile
from communities.reference import FIRST_SUFFIX_WITHOUT_KIND
from periods.models import ReportingPeriod
from targets.engine.map_of_day import map_of
from targets.engine.sql import Named, Sql, compiled, insert_from, run, selected, table, union
from targets.indicators import REGISTERS, Register, newest_profiles
from targets.models import CommunityMeasure, DivisionMeasure

# Compared as text, because it is the end of a code.
_SUFFIX_WITHOUT_KIND = str(FIRST_SUFFIX_WITHOUT_KIND)


def measure_communities(period: ReportingPeriod) -> int:
    """Replace the month's community measures; the number of communities scored."""
    CommunityMeasure.objects.for_period(period).delete()
    day = period.as_of
    columns = {
        "period": Sql("%s", (period.pk,)),
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
        _scored(day),
        Sql("JOIN place ON place.division_id = scored.town_id"),
        *_population(day),
        *(part for register in REGISTERS for part in _joined(register, day)),
        # A place without a known population joins in once it is known: it may be no community at all (domain.md §3).
        Sql(
            "WHERE place.town_id IS NOT NULL AND place.county_id IS NOT NULL\n"
            "AND (scored.suffix < %s OR profile_of_residents.residents IS NOT NULL)",
            (_SUFFIX_WITHOUT_KIND,),
        ),
    ]
    named = [*map_of(day), *_reported(REGISTERS)]
    return run(insert_from(CommunityMeasure, named=named, columns=columns, rows=_lines(rows)))


def measure_divisions(period: ReportingPeriod) -> int:
    """Replace the month's measures of its city, counties and towns; their number."""
    DivisionMeasure.objects.for_period(period).delete()
    registers = [register for register in REGISTERS if register.division_columns]
    columns = {
        "period": Sql("%s", (period.pk,)),
        "division": Sql("unit.unit_id"),
        **{name: _known_or_zero(register, name) for register in registers for name in register.division_columns},
    }
    rows = [Sql("unit")]
    for register in registers:
        rows.append(
            Sql(f"LEFT JOIN counted_{register.code} AS {register.code} ON {register.code}.unit_id = unit.unit_id")
        )
        rows.append(_reporting(register, "unit.reporter_id"))
    named = [*map_of(period.as_of), *_reported(registers), *(_counted(r, period.as_of) for r in registers)]
    return run(insert_from(DivisionMeasure, named=named, columns=columns, rows=_lines(rows)))


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


def _joined(register: Register, day: datetime.date) -> list[Sql]:
    counted = compiled(register.by_community(day))
    code = register.code
    return [
        Sql(f"LEFT JOIN ({counted.text}) AS {code} ON {code}.community_id = scored.community_id", counted.params),
        _reporting(register, "place.county_id"),
    ]


def _reporting(register: Register, unit: str) -> Sql:
    name = f"reported_{register.code}"
    return Sql(f"LEFT JOIN {name} ON {name}.unit_id = {unit}")


def _known_or_zero(register: Register, column: str) -> Sql:
    """Not reported at all is unknown (NULL); reported without a row for this place is zero (domain.md §5)."""
    reported = f"reported_{register.code}.unit_id IS NOT NULL"
    return Sql(f"CASE WHEN {reported} THEN COALESCE({register.code}.{column}, 0) END")


def _reported(registers: Sequence[Register]) -> list[Named]:
    """Per register the units with any row of it, whatever its dates: `reported_<register>` (unit_id)."""
    return [Named(f"reported_{register.code}", ("unit_id",), _units_with_rows(register)) for register in registers]


def _units_with_rows(register: Register) -> Sql:
    of_communities = compiled(register.communities_with_rows())
    divisions = [
        Sql(
            f"SELECT located.division_id FROM ({of_communities.text}) AS mentioned\n"  # noqa: S608
            "JOIN located ON located.community_id = mentioned.community_id",
            of_communities.params,
        )
    ]
    if register.at_divisions:
        divisions.append(compiled(register.divisions_with_rows()))
    rows = union(*divisions)
    return Sql(
        "SELECT DISTINCT belongs.unit_id\n"  # noqa: S608
        f"FROM (SELECT DISTINCT division_id FROM ({rows.text}) AS every_mention) AS mentioned_division\n"
        "JOIN belongs ON belongs.division_id = mentioned_division.division_id",
        rows.params,
    )


def _counted(register: Register, day: datetime.date) -> Named:
    """The division columns added up for every unit: `counted_<register>` (unit_id and the columns)."""
    columns = tuple(register.division_columns)
    rows = selected(("community_id", "division_id", *columns), compiled(register.by_place(day)))
    sums = ", ".join(f"SUM(counted.{name})" for name in columns)
    return Named(
        f"counted_{register.code}",
        ("unit_id", *columns),
        Sql(
            f"SELECT belongs.unit_id, {sums}\nFROM ({rows.text}) AS counted\n"
            "LEFT JOIN located ON located.community_id = counted.community_id\n"
            "JOIN belongs ON belongs.division_id = COALESCE(located.division_id, counted.division_id)\n"
            "GROUP BY belongs.unit_id",
            rows.params,
        ),
    )
