"""Invented registers of any size, written set-based: places and the records in them. 演示数据.

Per community: four organizations, two postings, one and a half facilities, half a purchased service, two profiles,
spread unevenly; some dated after the month, some ended before it. The first communities are those of the real city;
further ones belong to invented cities of the same shape (22 communities a town, 12 towns a county, 14 counties a city).
Keys that lists are sorted by differ from row to row, as those of real names do, and not in the order of the rows.
"""

from __future__ import annotations

from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

from communities.models import Community, CommunityPlacement, CommunityProfile, Division, Facility
from orgs.models import SocialOrganization
from services.models import ServiceProject
from socialworkers.models import Posting, SocialWorker

PER_TOWN, TOWNS_PER_COUNTY, COUNTIES_PER_CITY = 22, 12, 14
# Average number of rows per community: (numerator, denominator).
ORGANIZATIONS, POSTINGS, FACILITIES, PROJECTS = (4, 1), (2, 1), (3, 2), (1, 2)
FILLED = (
    Division,
    Community,
    CommunityPlacement,
    CommunityProfile,
    Facility,
    SocialOrganization,
    SocialWorker,
    Posting,
    ServiceProject,
)


def fill(first: int, last: int) -> None:
    """Add the communities numbered above `first` up to `last` if they are missing, and the records in them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Invented rows need no checks: triggers of foreign keys would take most of the time.
            cursor.execute("SET session_replication_role = replica")
        _add_places(cursor, last)
        cursor.execute("DROP TABLE IF EXISTS numbered")
        cursor.execute(
            f"CREATE TEMPORARY TABLE numbered AS SELECT id, row_number() OVER (ORDER BY id) AS number "
            f"FROM {Community._meta.db_table}"
        )
        cursor.execute("CREATE UNIQUE INDEX numbered_by_number ON numbered (number)")
        _add_facts(cursor, first, last)
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")
            for statement in connection.ops.sequence_reset_sql(no_style(), list(FILLED)):
                cursor.execute(statement)
        cursor.execute("DROP TABLE numbered")
        # As autovacuum keeps them in production.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def empty() -> None:
    """Delete the rows of another table of the bench, those that depend on them included; places stay."""
    facts = (CommunityProfile, Facility, SocialOrganization, SocialWorker, ServiceProject)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in facts)} CASCADE")


def counted() -> str:
    """Return the number of rows of each register, for the table's heading."""
    numbers = [
        f"{model._base_manager.count():,} {name}"
        for model, name in (
            (Community, "communities"),
            (SocialOrganization, "organizations"),
            (Posting, "postings"),
            (Facility, "facilities"),
        )
    ]
    return ", ".join(numbers)


def _add_places(cursor: Any, last: int) -> None:
    there = Community.objects.count()
    if last <= there:
        return
    real = Division.objects.order_by("id").last().pk
    # The invented communities are numbered from 0; the real ones were loaded before.
    begun = Community.objects.filter(code__gte="2").count()
    before = there - begun
    towns = (begun + PER_TOWN - 1) // PER_TOWN, (last - before + PER_TOWN - 1) // PER_TOWN
    counties = tuple((number + TOWNS_PER_COUNTY - 1) // TOWNS_PER_COUNTY for number in towns)
    cities = tuple((number + COUNTIES_PER_CITY - 1) // COUNTIES_PER_CITY for number in counties)
    city, county, town = (
        "900000 + n.i",
        "200000 + n.i",
        f"(200000 + n.i / {TOWNS_PER_COUNTY}) * 1000 + n.i % {TOWNS_PER_COUNTY} + 1",
    )
    base = _BASES.setdefault("divisions", real + 1)
    ids = {"city": base, "county": base + 100_000, "town": base + 1_000_000}
    city_code = f"CAST(900000 + n.i / {COUNTIES_PER_CITY} AS text)"
    for level, code, span, parent, path in (
        ("city", city, cities, "NULL", f"CAST({city} AS text) || '/'"),
        (
            "county", county, counties, f"{ids['city']} + n.i / {COUNTIES_PER_CITY}",
            f"{city_code} || '/' || CAST({county} AS text) || '/'",
        ),
        (
            "town", town, towns, f"{ids['county']} + n.i / {TOWNS_PER_COUNTY}",
            f"CAST(900000 + n.i / {TOWNS_PER_COUNTY * COUNTIES_PER_CITY} AS text) || '/' ||"
            f" CAST(200000 + n.i / {TOWNS_PER_COUNTY} AS text) || '/' || CAST({town} AS text) || '/'",
        ),
    ):  # fmt: skip
        insert(
            cursor,
            Division,
            {
                "id": f"{ids[level]} + n.i", "ref": f"'{level}' || CAST(n.i AS text)", "version": "1",
                "code": f"CAST({code} AS text)", "name": f"'演示{level}' || CAST(n.i AS text)", "name_key": "''",
                "sort_key": "''", "readings": "''", "level": f"'{level}'", "parent": parent, "path": path,
                # Two in fourteen, as in the real city.
                "is_urban_district": f"n.i % {COUNTIES_PER_CITY} < 2" if level == "county" else "1 = 0",
                "is_statistical": "1 = 0", "valid_from": "'1949-10-01'",
            },
            f"({series(span[0], span[1] - 1)}) AS n",
        )  # fmt: skip
    suffix = f"CASE WHEN n.i % {PER_TOWN} = 0 THEN 1 ELSE 200 + n.i % {PER_TOWN} END"
    code = f"CAST(((200000 + n.i / {PER_TOWN * TOWNS_PER_COUNTY}) * 1000 + n.i / {PER_TOWN} % {TOWNS_PER_COUNTY} + 1) * 1000 + {suffix} AS text)"
    first_community = _BASES.setdefault("communities", Community.objects.order_by("id").last().pk + 1)
    of_community = {
        "town": f"{ids['town']} + n.i / {PER_TOWN}", "code": code, "name": "'演示社区' || CAST(n.i AS text)",
        "name_key": "'演示' || CAST(n.i AS text)",
    }  # fmt: skip
    rows = f"({series(begun, last - before - 1)}) AS n"
    insert(
        cursor,
        Community,
        {
            "id": f"{first_community} + n.i", "ref": "'c' || CAST(n.i AS text)", "version": "1", **of_community,
            "sort_key": "''", "readings": "''", "kind": f"CASE WHEN n.i % {PER_TOWN} = 0 THEN 'urban' ELSE 'rural' END",
            "is_virtual": "1 = 0", "note": "''",
        },
        rows,
    )  # fmt: skip
    insert(
        cursor,
        CommunityPlacement,
        {"community": f"{first_community} + n.i", **of_community, "valid_from": "'1949-10-01'"},
        rows,
    )


# Keys of invented rows continue from one size to the next.
_BASES: dict[str, int] = {}


def _add_facts(cursor: Any, first: int, last: int) -> None:
    span = last - first
    # Scattered, so that some communities have many and others none.
    at = f"JOIN numbered AS c ON c.number = {first} + 1 + (n.i * 7919 + n.i / 3 * 104729) % {span}"
    insert(
        cursor,
        CommunityProfile,
        {
            "community": "c.id", "as_of": "d.as_of", "households": "200 + (c.number * 37) % 900",
            "residents": "CASE WHEN c.number % 50 = 0 THEN NULL ELSE 500 + (c.number * 131) % 5000 END",
        },
        f"numbered AS c CROSS JOIN (SELECT '2017-12-31' AS as_of UNION ALL SELECT '2018-06-30') AS d "
        f"WHERE c.number > {first} AND c.number <= {last}",
    )  # fmt: skip
    insert(
        cursor,
        Facility,
        {
            "ref": "'f' || CAST(n.i AS text)", "version": "1", "community": "c.id",
            "name": "'演示设施' || CAST(n.i AS text)", "name_key": "'演示设施' || CAST(n.i AS text)",
            "readings": "'yan shi she shi'",
            "kind": "CASE WHEN n.i % 5 = 0 THEN 'activity' ELSE 'integrated' END", "area": "50 + n.i % 700 + 0.25",
            "construction_mode": "''", "tenure": "''", "functions": "'[]'", "opened_on": day_after("2010-01-01", "n.i % 3200"),
            "closed_on": f"CASE WHEN n.i % 30 = 0 THEN {day_after('2018-10-06', 'n.i % 40 - 200 + 190')} END", "note": "''",
        },
        f"({_of(FACILITIES, first, last)}) AS n {at}",
    )  # fmt: skip
    insert(
        cursor,
        SocialOrganization,
        {
            "ref": "'o' || CAST(n.i AS text)", "version": "1", "community": "c.id",
            "name": "'演示协会' || CAST(n.i AS text)", "name_key": "'演示协会' || CAST(n.i AS text)",
            "sort_key": "'yan3 shi4 ' || CAST(n.i * 7919 % 1000003 AS text)", "readings": "'yan shi xie hui'", "phone_digests": "''",
            "registration": "CASE n.i % 3 WHEN 0 THEN 'registered' WHEN 1 THEN 'filed' ELSE 'guided' END",
            "credit_code": "CASE WHEN n.i % 3 = 0 THEN '51' || CAST(n.i AS text) ELSE '' END", "legal_form": "''",
            "category": "'other'", "established_on": day_after("2008-01-01", "n.i % 3900"),
            "dissolved_on": f"CASE WHEN n.i % 40 = 1 THEN {day_after('2018-09-07', '(n.i % 100)')} END", "leader": "''",
            "is_social_work_agency": "n.i % 97 = 0", "hub_kind": "''", "note": "''",
        },
        f"({_of(ORGANIZATIONS, first, last)}) AS n {at}",
    )  # fmt: skip
    people = f"({_of(POSTINGS, first, last)}) AS n"
    key = _BASES.setdefault("workers", 1_000)
    insert(
        cursor,
        SocialWorker,
        {
            "id": f"{key} + n.i", "ref": "'w' || CAST(n.i AS text)", "version": "1", "name": "'张晓演'",
            "sort_key": "'zhang1 ' || CAST(n.i * 7919 % 1000003 AS text)", "readings": "'zhang xiao yan'", "phone_digests": "''",
            "id_number": "'bench'", "id_number_digest": "'bench' || CAST(n.i AS text)",
            "gender": "''",
            "level": "CASE n.i % 7 WHEN 0 THEN 'assistant' WHEN 1 THEN 'social_worker' WHEN 2 THEN 'senior' ELSE 'none' END",
            "certificate_number": "''", "has_social_work_degree": "n.i % 4 = 0", "note": "''",
        },
        people,
    )  # fmt: skip
    insert(
        cursor,
        Posting,
        {
            "worker": f"{key} + n.i", "community": "c.id", "position": "''", "is_community_worker": "n.i % 10 <> 0",
            "recruited_by": "''", "started_on": day_after("2014-01-01", "n.i % 1700"),
            "ended_on": f"CASE WHEN n.i % 25 = 2 THEN {day_after('2018-09-07', 'n.i % 90')} END", "is_newest": "1 = 1",
        },
        f"{people} {at}",
    )  # fmt: skip
    insert(
        cursor,
        ServiceProject,
        {
            "ref": "'p' || CAST(n.i AS text)", "version": "1", "number": "'演示-' || CAST(n.i AS text)",
            "name": "'演示服务' || CAST(n.i AS text)", "readings": "'yan shi fu wu'", "division": "t.parent_id",
            "buyer": "'演示街道办'", "provider_name": "'演示中心'", "provider_credit_code": "''",
            "field": "CASE WHEN n.i % 3 = 0 THEN 'elderly' ELSE 'relief' END", "beneficiaries": "'needy'",
            "purchase_method": "'open_tender'", "funding_source": "'lottery'", "budget": "10000 + n.i % 90000",
            "contract_amount": "9000 + n.i % 90000", "paid": "n.i % 9000", "starts_on": day_after("2015-01-01", "n.i % 1200"),
            "ends_on": day_after("2016-01-01", "n.i % 1200"), "status": "'performing'", "grade": "''", "note": "''",
        },
        f"({_of(PROJECTS, first, last)}) AS n {at} "
        f"JOIN {Community._meta.db_table} AS p ON p.id = c.id JOIN {Division._meta.db_table} AS t ON t.id = p.town_id",
    )  # fmt: skip


def _of(share: tuple[int, int], first: int, last: int) -> str:
    """Return the range of row numbers of a register for the communities above `first` up to `last`."""
    return series(first * share[0] // share[1], last * share[0] // share[1] - 1)


def series(first: int, last: int) -> str:
    """Return a SELECT of whole numbers as `i`."""
    if connection.vendor == "postgresql":
        return f"SELECT CAST(i AS BIGINT) AS i FROM generate_series({first}, {last}) AS i"
    return (
        f"WITH RECURSIVE s(i) AS (SELECT {first} WHERE {first} <= {last} UNION ALL SELECT i + 1 FROM s WHERE i < {last})"
        " SELECT i FROM s"
    )


def day_after(start: str, days: str) -> str:
    """Return the SQL of a day some days after one given as text."""
    if connection.vendor == "postgresql":
        return f"DATE '{start}' + CAST({days} AS INTEGER)"
    return f"date('{start}', ({days}) || ' days')"


def insert(cursor: Any, model: type[models.Model], values: dict[str, str], rows: str) -> None:
    """Insert rows of a model, each column given as an SQL expression over the rows; those that are not have their default."""
    values = values | _defaults(model, values)
    quote = connection.ops.quote_name
    columns = [model._meta.get_field(name) for name in values]
    names = ", ".join(quote(column.column) for column in columns)
    if connection.vendor == "postgresql":
        expressions = ", ".join(
            f"CAST({value} AS {column.rel_db_type(connection) if column.is_relation else column.cast_db_type(connection)})"
            for value, column in zip(values.values(), columns, strict=True)
        )
    else:
        expressions = ", ".join(values.values())
    cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT {expressions} FROM {rows}")


def _defaults(model: type[models.Model], given: dict[str, str]) -> dict[str, str]:
    """Return the defaults of the columns that may not be null and are not given: texts, numbers and truth values."""
    found = {}
    for column in model._meta.concrete_fields:
        if column.null or column.primary_key or column.name in given or column.is_relation:
            continue
        default = column.get_default()
        if isinstance(default, bool):
            found[column.name] = "1 = 1" if default else "1 = 0"
        elif isinstance(default, int | str):
            found[column.name] = str(default) if isinstance(default, int) else f"'{default}'"
    return found
