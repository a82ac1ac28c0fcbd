"""Tests of the demo's matters and routes: labelled, the same again, brought in through the portal's own sheets."""

from __future__ import annotations

import datetime

import pytest

from affairs.models import Item, ItemMaterial, ItemRoute
from affairs.sheets import ItemSheet, RouteSheet
from demo.matters import CITY_DEPARTMENTS, COUNTY_DEPARTMENTS, matter_rows, route_rows
from demo.places import demo_counties
from demo.span import Span
from demo.work_items import DEPARTMENTS
from tests.factories import make_department
from workload.reference import ended_certificate

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
SPAN = Span()


def as_written(sheet, rows):
    """Return rows of the demo under the headers of a sheet."""
    headers = {column.field: column.header for column in sheet.columns if any(column.field in row for row in rows)}
    words = {True: "是", False: "否"}
    return [
        {header: words.get(row.get(field, ""), row.get(field, "")) if isinstance(row.get(field), bool) else row.get(field, "")
         for field, header in headers.items()}
        for row in rows
    ]  # fmt: skip


def test_rows_are_labelled_and_the_same_again(place):
    counties = demo_counties(SPAN.day)
    for made in (matter_rows(SPAN), route_rows(counties, SPAN)):
        rows = [row for month in SPAN.months for row in made[month]]
        assert rows and {row["note"] for row in rows} == {"演示数据"}
    assert route_rows(counties, SPAN) == route_rows(demo_counties(SPAN.day), SPAN)
    first = route_rows(counties, SPAN)[SPAN.first]
    assert len({(row["item_code"], row.get("county")) for row in first}) == len(first)


def test_matters_and_routes_come_in_through_their_sheets(place, administrator, officer, send):
    counties = demo_counties(SPAN.day)
    for name in dict.fromkeys((*DEPARTMENTS, *CITY_DEPARTMENTS)):
        make_department(place.city, name)
    for county in (place.county, place.other_county):
        for name in COUNTY_DEPARTMENTS:
            make_department(county, name)
    for month in SPAN.months:
        for name, sheet, user, rows in (
            ("items", ItemSheet, administrator, matter_rows(SPAN)[month]),
            ("routes", RouteSheet, officer, route_rows(counties, SPAN)[month]),
        ):
            if rows:
                answer = send(name, user, as_written(sheet, rows), commit="all")
                assert (answer["status"], answer["errors"]) == (0, 0), answer["problems"]
    assert Item.objects.count() == 10
    shortened = Item.objects.get(code="CZ-MZ-01")
    assert [version.promised_days for version in shortened.versions.order_by("valid_from")] == [10, 5]
    last = datetime.date(2020, 6, 30)
    assert Item.objects.in_use_on(last).count() == 10
    assert ItemRoute.objects.in_use_on(last).count() == 6 * len(counties) + 4
    entered = ItemRoute.objects.in_use_on(last).filter(is_entered=True).count()
    assert 0 < entered < ItemRoute.objects.count()
    assert not [name for name in ItemMaterial.objects.values_list("name", flat=True) if ended_certificate(name)]
