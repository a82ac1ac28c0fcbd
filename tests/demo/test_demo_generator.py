"""Tests of the generated demo data: well-formed, labelled, the same on every machine, and plausible over time."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.actions import apply_division_changes
from accounts.models import Role
from changzhi_portal.identifiers import clean_credit_code, clean_id_number, clean_phone
from communities.models import Community
from demo.accounts import ACCOUNTS, CLERK_OF_COUNTY
from demo.county_profiles import ShareCurve
from demo.files import DemoFile, Writer, name_in_files, with_place_names
from demo.places import DemoCounty, PlaceNames, demo_counties
from demo.population import add_residents
from demo.span import FIRST, LAST, Span, months_from, progress_until
from demo.submissions import ALWAYS_LATE, MISSING_IN_ARREARS, Kind, steps_of
from periods.models import last_day_of
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
WHOLE = Span()
# The date fields of events, by register. Records of the first month may be dated before it.
HAPPENED = {
    "facilities": ("opened_on", "closed_on"),
    "organizations": ("established_on", "dissolved_on"),
    "workers": ("started_on", "ended_on"),
}


def month(text: str) -> datetime.date:
    return datetime.date.fromisoformat(f"{text}-01")


@lru_cache
def whole_city() -> Writer:
    """Return a writer with the rows of the whole demo, cached: they depend only on the real places, and take a second."""
    writer = Writer(Path(), demo_counties(WHOLE.day), WHOLE)
    writer.prepare()
    return writer


@pytest.fixture
def writer(city) -> Writer:
    return whole_city()


@pytest.fixture
def counties(writer) -> list[DemoCounty]:
    return writer.counties


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("workbooks")


@pytest.fixture
def files(counties, folder) -> list[DemoFile]:
    """Return three counties' workbooks of three months, written once."""
    return _three_counties(folder)


@lru_cache
def _three_counties(folder: Path) -> list[DemoFile]:
    small = [county for county in whole_city().counties if county.code in {"140402", "140411", "140471"}]
    written = Writer(folder, small, Span(last=month("2018-01")))
    return [file for each in written.span.months for file in written.files_of(each)]


# --- Places and people ---


def test_every_real_community_reports_and_no_virtual_one(counties):
    codes = {community.code for county in counties for community in county.communities}
    assert len(counties) == 14
    real = Community.objects.exclude(kind="").values_list("code", flat=True)
    assert set(real) <= codes
    assert not Community.objects.filter(is_virtual=True, code__in=codes).exists()
    # The four mining communities have residents, although their codes give no default kind.
    assert len(codes) == len(real) + 4


def test_every_county_has_a_clerk(counties):
    assert {county.code for county in counties} == set(CLERK_OF_COUNTY)
    assert len({account.username for account in ACCOUNTS}) == len(ACCOUNTS)


def test_id_numbers_are_valid_of_no_real_county_and_one_persons_alone(writer):
    people = {}
    for row in rows_of(writer, "workers"):
        assert people.setdefault(row["id_number"], row["name"]) == row["name"]
        assert clean_id_number(row["id_number"], today=timezone.localdate()) == row["id_number"]
        assert row["id_number"].startswith("140401")
        assert (int(row["id_number"][16]) % 2 == 1) == (row["gender"] == "男")
        assert clean_phone(row["phone"]).startswith("1990000")
    assert len(people) > 3_500


def test_credit_codes_are_valid_and_one_organizations_alone_and_registered_ones_have_one(writer):
    names = {}
    for row in rows_of(writer, "organizations"):
        assert ("credit_code" in row) == (row["registration"] == "登记")
        if "credit_code" in row:
            assert names.setdefault(row["credit_code"], row["name"]) == row["name"]
            assert clean_credit_code(row["credit_code"]) == row["credit_code"]


def test_names_are_unique_where_they_must_be(writer):
    """Check that a later row with the same name is about the same building or organization."""
    for register, date in (("facilities", "opened_on"), ("organizations", "established_on")):
        first = {}
        for row in rows_of(writer, register):
            key = (row.get("community_code"), row["county"], row["name"])
            assert row.get("note") or first.setdefault(key, row[date]) == row[date]


def test_points_have_a_function_and_a_name_that_is_once_at_its_place(writer):
    rows = [row for each in WHOLE.months for row in writer.points[each]]
    places = [(row["county"], row["town"], row.get("community_code"), row["name"]) for row in rows]
    assert len(set(places)) == len(places) > 60
    assert all(row["functions"] for row in rows)
    assert {row["opened_on"] <= WHOLE.day for row in rows} == {True, False}, "some open later"


def test_activities_and_support_are_of_organizations_that_are_registered_from_the_first_month_on(writer):
    first = {
        (row["community_code"], row["name"])
        for registers in writer.rows_by_county.values()
        for row in registers["organizations"][WHOLE.first]
        if row.get("community_code")
    }
    activities = [row for each in WHOLE.months for row in writer.activities[each]]
    supports = [row for each in WHOLE.months for row in writer.supports[each]]
    assert {(row["community_code"], row["organization"]) for row in (*activities, *supports)} <= first
    held = [(row["community_code"], row["held_on"], row["title"]) for row in activities]
    assert len(set(held)) == len(held) > 300
    given = [(row["community_code"], row["organization"], row["kind"], row["valid_from"]) for row in supports]
    assert len(set(given)) == len(given) > 20
    assert all("amount" in row for row in supports if row["kind"] == "经费")
    assert all(row["volunteer_hours"] * 2 == int(row["volunteer_hours"] * 2) for row in activities)


def test_a_dozen_items_are_asked_from_the_first_month_on(writer):
    rows = [row for each in WHOLE.months for row in writer.work_items[each]]
    assert len(rows) == len({row["number"] for row in rows}) == 12
    assert rows == writer.work_items[WHOLE.first]
    assert {row["note"] for row in rows} == {"演示数据"}


def test_a_training_of_the_city_each_quarter_has_people_of_every_county(writer):
    trainings = {row["number"]: row for each in WHOLE.months for row in writer.trainings[each]}
    assert len([row for row in trainings.values() if "county" not in row]) == 11
    attended = [(row["training"], row["id_number"]) for each in WHOLE.months for row in writer.hours[each]]
    assert len(set(attended)) == len(attended) > 900
    known = {row["id_number"] for row in rows_of(writer, "workers", WHOLE.first)}
    for each in WHOLE.months:
        for row in writer.hours[each]:
            training = trainings[row["training"]]
            assert each <= training["ends_on"] <= last_day_of(each)
            assert row["id_number"] in known and 0 < row["hours"] <= training["hours"]


def test_no_registration_has_ended_by_the_demos_end_and_a_few_end_soon(writer):
    until = [row["registered_until"] for row in rows_of(writer, "workers") if "registered_until" in row]
    assert all(day > last_day_of(WHOLE.last) for day in until)
    soon = [day for day in until if day <= last_day_of(WHOLE.last) + datetime.timedelta(days=90)]
    assert 0 < len(soon) < len(until) / 40


def test_projects_are_accepted_after_their_acceptance_and_paid_at_most_what_was_agreed(writer):
    accepted: dict[str, datetime.date] = {}
    paid: Counter[str] = Counter()
    vouchers: list[str] = []
    contracts: dict[str, int] = {}
    for each in WHOLE.months:
        for row in writer.reviews[each]:
            assert row["reviewed_on"] <= last_day_of(each) and row["note"] == "演示数据"
            if row["kind"] == "验收":
                accepted[row["project_number"]] = row["reviewed_on"]
        for row in writer.projects[each]:
            contracts[row["number"]] = row.get("contract_amount", 0)
            if row["status"] == "已验收":
                assert row["number"] in accepted
        for row in writer.payments[each]:
            vouchers.append(row["voucher"])
            assert row["amount"] > 0 and row["paid_on"] <= last_day_of(each) and row["note"] == "演示数据"
            if number := row.get("project_number"):
                paid[number] += row["amount"]
                assert paid[number] <= contracts[number]
    assert len(set(vouchers)) == len(vouchers) > 500
    assert len(accepted) > 100
    assert len(writer.catalogue[WHOLE.first]) == 6


# --- Months ---


def test_the_demo_covers_the_plan_from_its_first_month_to_june_2020():
    assert [f"{each:%Y-%m}" for each in (WHOLE.months[0], WHOLE.months[-1])] == ["2017-11", "2020-06"]
    assert len(WHOLE.months) == 32
    assert [each for each in WHOLE.months if not WHOLE.is_locked(each)] == [month("2020-05"), month("2020-06")]


def test_what_happens_is_dated_within_its_month(writer):
    corrected = 0
    for register, dates in HAPPENED.items():
        for each in WHOLE.later:
            for row in rows_of(writer, register, each):
                days = [row[name] for name in dates if name in row]
                is_within = each <= max(days) <= last_day_of(each)
                corrected += not is_within
                assert is_within or row["note"] == "补报"
    assert corrected == 3


def test_a_month_brings_few_rows_and_every_file_has_some(writer):
    for each in WHOLE.later:
        assert (
            sum(len(list(rows_of(writer, register, each))) for register in HAPPENED) + len(writer.projects[each]) > 20
        )
    assert sum(len(list(rows_of(writer, register, each))) for register in HAPPENED for each in WHOLE.later) < 5_000


def test_the_same_city_every_time_and_however_long_it_is_played(counties, writer, tmp_path):
    short = Writer(tmp_path, counties[:3], Span(last=month("2018-03")))
    again = Writer(tmp_path, demo_counties(WHOLE.day)[:3], WHOLE)
    for county in counties[:3]:
        for register in HAPPENED:
            whole = writer.rows_by_county[county.code][register]
            assert [*again.rows_by_county[county.code][register]] == WHOLE.months
            assert again.rows_by_county[county.code][register][month("2019-03")] == whole[month("2019-03")]
            assert short.rows_by_county[county.code][register][month("2017-12")] == whole[month("2017-12")]


# --- Progress towards the targets ---


def test_progress_goes_from_nothing_to_all_and_never_back():
    done = [progress_until(each) for each in months_from(FIRST, LAST)]
    assert (done[0], done[-1]) == (0, 1)
    assert all(earlier < later for earlier, later in pairwise(done))


def test_a_share_curve_may_turn():
    curve = ShareCurve(0.2, 0.4, (month("2019-06"), 0.6))
    assert curve.share_in(FIRST) == pytest.approx(0.2)
    assert curve.share_in(month("2019-06")) == pytest.approx(0.6)
    assert curve.share_in(LAST) == pytest.approx(0.4)


def test_counties_get_on_differently(writer):
    """Check four courses of villages with a professional: fast, slow, declining and unchanged."""
    met = {county.code: villages_with_a_professional(writer, county) for county in writer.counties}
    first, summer, last = month("2017-11"), month("2019-06"), month("2020-06")
    assert met["140423"][last] > 0.95  # 襄垣县
    assert met["140425"][last] - met["140425"][first] < 0.15  # 平顺县
    assert met["140429"][first] < met["140429"][last] < met["140429"][summer]  # 武乡县
    assert met["140471"][last] == met["140471"][first]  # 高新区
    everywhere = [sum(of[each] for of in met.values()) / len(met) for each in WHOLE.months]
    assert all(earlier < later + 0.01 for earlier, later in pairwise(everywhere))


def villages_with_a_professional(writer: Writer, county: DemoCounty) -> dict[datetime.date, float]:
    villages = [community.code for community in county.communities if not community.is_urban]
    in_office: dict[str, set[str]] = defaultdict(set)
    shares = {}
    for each in writer.span.months:
        for row in writer.rows_by_county[county.code]["workers"][each]:
            is_professional = row["level"] != "无" or row["has_social_work_degree"]
            if is_professional and "community_code" in row:
                change = (
                    in_office[row["community_code"]].discard
                    if "ended_on" in row
                    else in_office[row["community_code"]].add
                )
                change(row["id_number"])
        shares[each] = sum(bool(in_office[code]) for code in villages) / len(villages)
    return shares


def test_the_city_looks_like_one(writer, counties):
    """Check that about half of the urban communities have 500 m² in the first month, and most in the last."""
    areas: dict[str, dict[str, Decimal]] = defaultdict(dict)
    rates = []
    for each in WHOLE.months:
        for row in rows_of(writer, "facilities", each):
            if row["kind"] == "综合服务设施":
                areas[row["community_code"]][row["name"]] = row["area"] if "closed_on" not in row else Decimal(0)
        urban = [community.code for county in counties for community in county.communities if community.is_urban]
        rates.append(sum(sum(areas[code].values()) >= Decimal(500) for code in urban) / len(urban))
    assert 0.5 < rates[0] < 0.7
    assert 0.8 < rates[-1] < 0.97
    residents = [place.residents for county in counties for place in add_residents(county)]
    assert 2_500_000 < sum(residents) < 4_500_000
    assert 5 < residents.count(0) < 60
    rural = [p.residents for county in counties for p in add_residents(county) if not p.community.is_urban]
    assert 50 < sum(number >= 3_000 for number in rural) < 250


def test_projects_add_up_and_go_on_to_their_end(writer):
    states: dict[str, list[str]] = defaultdict(list)
    for each in WHOLE.months:
        for row in writer.projects[each]:
            contract, paid = row.get("contract_amount", 0), row.get("paid", 0)
            assert 0 <= paid <= contract <= row["budget"]
            assert row["starts_on"] < row["ends_on"]
            assert row["communities"]
            states[row["number"]].append(row["status"])
    order = ["采购中", "履约中", "已验收"]
    for passed in states.values():
        kept = [order.index(state) for state in passed if state in order]
        assert kept == sorted(set(kept))
    assert Counter(passed[-1] for passed in states.values())["已验收"] > 100


# --- Reports ---


def test_counties_report_in_time_but_for_one(city):
    """Check the counties with special courses: late, returned each autumn, reported by the bureau, not reported."""
    late: Counter[str] = Counter()
    for code in ("140423", "140426", ALWAYS_LATE, MISSING_IN_ARREARS):
        for each in WHOLE.months[:-2]:
            steps = steps_of(code, each, WHOLE)
            assert steps[-1].kind == Kind.ACCEPTED
            assert all(earlier.at < later.at for earlier, later in pairwise(steps))
            assert all(step.note for step in steps if step.kind == Kind.RETURNED)
            late[code] += steps[0].at.day > 5
    assert late[ALWAYS_LATE] >= 10
    assert late["140423"] + late["140426"] <= 5
    assert any(step.by_bureau for step in steps_of(MISSING_IN_ARREARS, month("2019-02"), WHOLE))
    assert [step.kind for step in steps_of("140430", month("2019-10"), WHOLE)] == [
        Kind.SUBMITTED,
        Kind.RETURNED,
        Kind.SUBMITTED,
        Kind.ACCEPTED,
    ]
    assert steps_of(MISSING_IN_ARREARS, WHOLE.in_arrears, WHOLE) == []
    in_hand = {code: [step.kind for step in steps_of(code, LAST, WHOLE)] for code in ("140403", "140404", "140405")}
    assert in_hand == {"140403": [], "140404": [Kind.SUBMITTED], "140405": [Kind.SUBMITTED, Kind.RETURNED]}


# --- Workbooks ---


def test_every_workbook_says_that_it_is_invented(files):
    assert len(files) > 3 * 4 + 1 + 5
    for file in files:
        assert file.path.name.startswith("演示数据_")
        assert "演示数据" in _first_lines(file.path)


def test_offices_lay_their_workbooks_out_differently(files):
    first = [file for file in files if file.path.stem.endswith("2017-11")]
    heads = {_first_lines(file.path).split("演示数据")[1] for file in first if file.register == "facilities"}
    sheets = {len(CalamineWorkbook.from_path(file.path).sheet_names) for file in first}
    assert len(heads) == 3
    assert max(sheets) > 1


def test_a_file_names_the_month_it_is_of(files):
    for file in files:
        year, number = file.path.stem[-7:].split("-")
        assert f"（{year}年{int(number)}月，演示数据）" in _first_lines(file.path)


def test_after_the_merger_an_office_writes_its_old_name_for_a_while(counties):
    county = next(county for county in counties if county.code == "140402")
    names = [name_in_files(county, month(text)) for text in ("2018-10", "2018-12", "2019-02", "2019-03")]
    assert names == ["城区", "城区", "城区", "潞州区"]
    assert (county.name_on(datetime.date(2018, 11, 22)), county.name_on(datetime.date(2018, 11, 23))) == (
        "城区",
        "潞州区",
    )


def test_an_atlas_of_after_the_merger_knows_the_places_of_before(writer):
    """Check that rows of the first day get the names of the file's day, unless the office still writes the old ones."""
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, "140400"))
    place_names = PlaceNames(WHOLE.day, datetime.date(2019, 1, 31))
    community = next(county for county in writer.counties if county.code == "140402").communities[0]
    address = {"county": "城区", "town": community.town}
    row = address | {"community_name": community.name, "community_code": community.code}
    (today,) = with_place_names([row], place_names)
    assert today["county"] == "潞州区"
    assert today["community_code"].startswith("140403")
    assert list(with_place_names([row], place_names, unchanged_county="城区")) == [row]
    assert [each["county"] for each in with_place_names([address, {"county": "郊区"}], place_names)] == [
        "潞州区",
        "潞州区",
    ]
    (project,) = with_place_names([{"county": "城区", "communities": (community.code,)}], place_names)
    assert project["communities"] in {today["community_name"], today["community_code"]}


def rows_of(writer: Writer, register: str, each: datetime.date | None = None):
    """Yield the rows of a register, of one month or of all, county by county."""
    for county in writer.counties:
        for one in [each] if each else writer.span.months:
            yield from writer.rows_by_county[county.code][register][one]


def _first_lines(path: Path) -> str:
    book = CalamineWorkbook.from_path(path)
    return "\n".join("|".join(map(str, row)) for row in book.get_sheet_by_index(0).to_python()[:6])
