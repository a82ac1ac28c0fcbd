"""What a month counted for whole divisions, added up for the counties of today (docs/domain.md §3: 现行区划)."""

from __future__ import annotations

from django.db.models import PositiveIntegerField

from communities.models import Division
from periods.models import ReportingPeriod
from targets.engine.sql import Named, Sql, table
from targets.models import DivisionMeasure

NAME = "measured_in_current_boundaries"
FIGURES = tuple(
    field.name for field in DivisionMeasure._meta.concrete_fields if isinstance(field, PositiveIntegerField)
)


def current_boundaries_measures(period: ReportingPeriod) -> list[Named]:
    """`measured_now`: DivisionMeasure's rows of a month, one a county of today. Needs the map of today.

    A county of that month counts for the one that took its place. Where a county has been split, its towns are taken
    off it and added to the counties where they lie now. Unknown figures are left out, because a county of today is
    known as soon as any part of it has reported (docs/domain.md §5).
    """
    divisions, measures = table(Division), table(DivisionMeasure)
    county, town = Division.Level.COUNTY.value, Division.Level.TOWN.value
    strayed = (
        f"FROM {divisions} AS town\n"
        "JOIN place AS own ON own.division_id = town.id\n"
        "JOIN place AS above ON above.division_id = town.parent_id\n"
        "WHERE town.level = %s AND own.county_id <> above.county_id"
    )
    part = Sql(
        f"SELECT county.id, place.county_id, 1 FROM {divisions} AS county\n"  # noqa: S608
        "JOIN place ON place.division_id = county.id WHERE county.level = %s\nUNION ALL\n"
        f"SELECT town.id, own.county_id, 1 {strayed}\nUNION ALL\n"
        f"SELECT town.id, above.county_id, -1 {strayed}",
        (county, town, town),
    )
    sums = ", ".join(f"SUM(part.sign * measure.{name})" for name in FIGURES)
    return [
        Named("part", ("division_id", "county_id", "sign"), part),
        Named(
            NAME,
            ("period_id", "division_id", *FIGURES),
            Sql(
                f"SELECT measure.period_id, part.county_id, {sums}\n"
                f"FROM {measures} AS measure JOIN part ON part.division_id = measure.division_id\n"
                "WHERE measure.period_id = %s GROUP BY measure.period_id, part.county_id",
                (period.pk,),
            ),
        ),
    ]


def read_from_it(rows: Sql) -> Sql:
    """A compiled queryset of DivisionMeasure, reading `measured_now` instead of its own table."""
    own = table(DivisionMeasure)
    return Sql(rows.text.replace(f"FROM {own}", f"FROM {NAME} AS {own}", 1), rows.params)
