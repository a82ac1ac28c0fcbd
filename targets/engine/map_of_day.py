"""SQL for the map of one day: the town, county and city of that day that a place belongs to (docs/domain.md §3).

Facts keep the division at which they were recorded. On the given day that division may have ended or not exist yet. Its
facts then count for its successor; or for its first predecessor, the division it was split off from, or else its parent.
So every fact counts for some division, and the counties always add up to the city.
"""

from __future__ import annotations

import datetime

from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from changzhi_portal.records import in_effect
from communities.models import Community, Division, DivisionChange
from targets.engine.sql import (
    CommonTable,
    Sql,
    compile_queryset,
    fetch_all,
    select_columns,
    select_from,
    table_name,
    union_all,
)


def map_of(day: datetime.date) -> list[CommonTable]:
    """Return the common tables of a statement about `day`.

    * `place` (division_id, town_id, county_id, city_id): every division ever recorded, and the divisions of `day` that
      it belongs to; `town_id` is NULL for counties, `town_id` and `county_id` for cities;
    * `unit` (unit_id, level, reporter_id): the divisions of `day`, and the division that must have reported for their
      figures to be known: for towns and counties the county, for the city the city, that is any county;
    * `belongs` (division_id, unit_id): every division, once for each unit that its facts count for;
    * `located` (community_id, division_id): every community and the division where it lies on `day`.
    """
    return [_step(day), _of_day(day), _resolved(), _counterpart(), _place(), _unit(), _belongs(), _located(day)]


def divisions_counted_for(unit_id: int, day: datetime.date) -> list[int]:
    """Return the keys of all divisions, past ones included, whose facts count for a division of `day`. One query."""
    rows = Sql("belongs WHERE unit_id = %s", (unit_id,))
    return [key for (key,) in fetch_all(select_from(named=map_of(day), columns=[Sql("division_id")], rows=rows))]


def county_on(division_id: int, day: datetime.date) -> int | None:
    """Return the key of the county of `day` that a division, also a past one, belongs to; None for a city. One query."""
    rows = Sql("place WHERE division_id = %s", (division_id,))
    return next(
        (key for (key,) in fetch_all(select_from(named=map_of(day), columns=[Sql("county_id")], rows=rows))), None
    )


def _step(day: datetime.date) -> CommonTable:
    """Return one step from each division that does not exist on `day` towards the division it counts for."""
    columns = ("division_id", "next_id")
    divisions = Division.objects.order_by()
    ended = divisions.filter(valid_to__lte=day, successor__isnull=False)
    future = divisions.filter(valid_from__gt=day).annotate(next_id=_predecessor())
    return CommonTable(
        "step",
        columns,
        union_all(
            select_columns(columns, compile_queryset(ended.values(division_id=F("pk"), next_id=F("successor_id")))),
            select_columns(columns, compile_queryset(future.values("next_id", division_id=F("pk")))),
        ),
    )


def _predecessor() -> Coalesce:
    """Return the division a future division counts for: its first predecessor, the one it is split off from, or its parent."""
    first: QuerySet = Division.objects.order_by("pk").values("pk")
    # The successor of a split division is one of its parts; for the other parts only the change records the origin.
    changes = DivisionChange.objects.filter(
        applied_at__isnull=False,
        level=OuterRef(OuterRef("level")),
        to_code=OuterRef(OuterRef("code")),
        effective_on=OuterRef(OuterRef("valid_from")),
    )
    split_off_from = first.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=OuterRef("valid_from")),
        level=OuterRef("level"),
        valid_from__lt=OuterRef("valid_from"),
        code__in=changes.values("from_code"),
    )
    predecessors = first.filter(successor=OuterRef("pk"))
    return Coalesce(Subquery(predecessors[:1]), Subquery(split_off_from[:1]), F("parent"))


def _of_day(day: datetime.date) -> CommonTable:
    columns = ("id", "level", "parent_id")
    rows = Division.objects.order_by().in_effect_on(day).values(*columns)
    return CommonTable("of_day", columns, select_columns(columns, compile_queryset(rows)))


def _resolved() -> CommonTable:
    # UNION, not UNION ALL, so that the recursion ends even if successors form a cycle.
    return CommonTable(
        "resolved",
        ("division_id", "reached_id"),
        Sql(
            f"SELECT id, id FROM {table_name(Division)}\nUNION\n"  # noqa: S608
            "SELECT resolved.division_id, step.next_id\n"
            "FROM resolved JOIN step ON step.division_id = resolved.reached_id"
        ),
    )


def _counterpart() -> CommonTable:
    return CommonTable(
        "counterpart",
        ("division_id", "id", "level", "parent_id"),
        Sql(
            "SELECT resolved.division_id, of_day.id, of_day.level, of_day.parent_id\n"
            "FROM resolved JOIN of_day ON of_day.id = resolved.reached_id"
        ),
    )


def _place() -> CommonTable:
    town, county, city = Division.Level.TOWN.value, Division.Level.COUNTY.value, Division.Level.CITY.value
    return CommonTable(
        "place",
        ("division_id", "town_id", "county_id", "city_id"),
        Sql(
            "SELECT own.division_id,\n"
            "  CASE own.level WHEN %s THEN own.id END,\n"
            "  CASE own.level WHEN %s THEN above.id WHEN %s THEN own.id END,\n"
            "  CASE own.level WHEN %s THEN top.id WHEN %s THEN above.id WHEN %s THEN own.id END\n"
            "FROM counterpart AS own\n"
            # A parent may have been replaced while its child existed, so the parent is resolved too.
            "LEFT JOIN counterpart AS above ON above.division_id = own.parent_id\n"
            "LEFT JOIN counterpart AS top ON top.division_id = above.parent_id",
            (town, town, county, town, county, city),
        ),
    )


def _unit() -> CommonTable:
    return CommonTable(
        "unit",
        ("unit_id", "level", "reporter_id"),
        Sql(
            "SELECT of_day.id, of_day.level, COALESCE(place.county_id, place.city_id)\n"
            "FROM of_day JOIN place ON place.division_id = of_day.id"
        ),
    )


def _belongs() -> CommonTable:
    columns = ("town_id", "county_id", "city_id")
    return CommonTable(
        "belongs",
        ("division_id", "unit_id"),
        union_all(*[Sql(f"SELECT division_id, {name} FROM place WHERE {name} IS NOT NULL") for name in columns]),  # noqa: S608
    )


def _located(day: datetime.date) -> CommonTable:
    """Return the town of every community; without a placement on `day` its last town, or for a future one its first."""
    columns = ("community_id", "division_id")
    on_day = FilteredRelation("placements", condition=in_effect(day, "placements__valid_from", "placements__valid_to"))
    communities = Community.objects.order_by().annotate(placement_then=on_day)
    rows = communities.values(community_id=F("pk"), division_id=Coalesce("placement_then__town", "town"))
    return CommonTable("located", columns, select_columns(columns, compile_queryset(rows)))
