"""What the demo invents: well-formed, labelled, the same on every machine, and like a city."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from changzhi_portal.identifiers import clean_credit_code, clean_id_number, clean_phone
from communities.models import Community
from reports.demo.accounts import ACCOUNTS, CLERK_OF_COUNTY
from reports.demo.facilities import facility_rows
from reports.demo.files import DemoFile, write_workbooks
from reports.demo.organizations import organization_rows
from reports.demo.places import DemoCounty, demo_counties
from reports.demo.population import community_rows, inhabit
from reports.demo.projects import project_rows
from reports.demo.workers import worker_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def counties(city) -> list[DemoCounty]:
    return demo_counties()


@pytest.fixture
def files(counties, tmp_path) -> list[DemoFile]:
    small = [county for county in counties if county.code in {"140402", "140411", "140471"}]
    return write_workbooks(tmp_path / "workbooks", small)


def test_every_real_community_reports_and_no_virtual_one(counties):
    codes = {community.code for county in counties for community in county.communities}
    assert len(counties) == 14
    real = Community.objects.exclude(kind="").values_list("code", flat=True)
    assert set(real) <= codes
    assert not Community.objects.filter(is_virtual=True, code__in=codes).exists()
    # The four mining communities have people, though their codes name no kind.
    assert len(codes) == len(real) + 4


def test_every_county_has_a_clerk(counties):
    assert {county.code for county in counties} == set(CLERK_OF_COUNTY)
    assert len({account.username for account in ACCOUNTS}) == len(ACCOUNTS)


def test_id_numbers_are_valid_unique_and_of_no_real_county(counties):
    people = [row for county in counties for row in worker_rows(county)]
    numbers = [row["id_number"] for row in people]
    assert len(set(numbers)) == len(numbers) > 2_000
    for row in people:
        assert clean_id_number(row["id_number"], today=timezone.localdate()) == row["id_number"]
        assert row["id_number"].startswith("140401")
        assert (int(row["id_number"][16]) % 2 == 1) == (row["gender"] == "男")
        assert clean_phone(row["phone"]).startswith("1990000")


def test_credit_codes_are_valid_and_unique_and_registered_organizations_have_one(counties):
    rows = [row for county in counties for row in organization_rows(county, inhabit(county))]
    codes = [row["credit_code"] for row in rows if "credit_code" in row]
    assert len(set(codes)) == len(codes)
    assert all(clean_credit_code(code) == code for code in codes)
    assert {row["registration"] for row in rows if "credit_code" in row} == {"登记"}
    assert {row["registration"] for row in rows if "credit_code" not in row} == {"街道备案", "社区指导"}


def test_names_are_unique_where_they_must_be(counties):
    for county in counties:
        for rows in (facility_rows(county), organization_rows(county, inhabit(county))):
            names = Counter((row.get("community_code"), row["name"]) for row in rows)
            assert max(names.values()) == 1


def test_projects_add_up(counties):
    for row in project_rows(counties):
        contract, paid = row.get("contract_amount", 0), row.get("paid", 0)
        assert 0 <= paid <= contract <= row["budget"]
        assert row["starts_on"] < row["ends_on"]
        assert row["communities"]


def test_the_city_looks_like_one(counties):
    """Half to two thirds of the urban communities have their 500 m², and counties differ."""
    rates = {}
    for county in counties:
        urban = [community.code for community in county.communities if community.is_urban]
        areas = Counter[str]()
        for row in facility_rows(county):
            if row["kind"] == "综合服务设施":
                areas[row["community_code"]] += row["area"]
        rates[county.code] = [areas[code] >= Decimal(500) for code in urban]
    everywhere = [met for mets in rates.values() for met in mets]
    assert 0.5 < sum(everywhere) / len(everywhere) < 0.75
    assert len({sum(mets) / len(mets) for mets in rates.values() if mets}) > 4
    residents = [place.residents for county in counties for place in inhabit(county)]
    assert 2_500_000 < sum(residents) < 4_500_000
    assert 5 < residents.count(0) < 60
    rural = [p.residents for county in counties for p in inhabit(county) if not p.community.is_urban]
    assert 50 < sum(number >= 3_000 for number in rural) < 250


def test_the_same_city_every_time(counties):
    for county in counties[:2]:
        assert community_rows(county, inhabit(county)) == community_rows(county, inhabit(county))
        assert worker_rows(county) == worker_rows(county)
    assert project_rows(counties) == project_rows(demo_counties())


def test_every_workbook_says_that_it_is_invented(files):
    assert len(files) == 3 * 4 + 1
    for file in files:
        assert file.path.name.startswith("演示数据_")
        assert "演示数据" in _first_lines(file.path)


def test_offices_lay_their_workbooks_out_differently(files):
    heads = {_first_lines(file.path).split("演示数据")[1] for file in files if file.register == "facilities"}
    sheets = {len(CalamineWorkbook.from_path(file.path).sheet_names) for file in files}
    assert len(heads) == 3
    assert max(sheets) > 1


def _first_lines(path: Path) -> str:
    book = CalamineWorkbook.from_path(path)
    return "\n".join("|".join(map(str, row)) for row in book.get_sheet_by_index(0).to_python()[:6])
