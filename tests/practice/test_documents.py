"""Tests of documents: what the database and the sheet refuse, pages, which county lacks what, quality rules."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.actions import apply_division_changes
from changzhi_portal.pages.exported import shown_at
from communities.models import Division
from practice.matrix import documents_by_county
from practice.models import Document
from tests.communities.changes import change
from tests.factories import make_community, make_division, make_document
from tests.pages import markup_of
from tests.practice.rows import document_row
from tests.quality import refs_found_by
from tests.queries import exactly
from tests.uploads.office import codes_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 30)
NUMBER = "演示城民发〔2018〕3号"


# --- The model ---


@pytest.mark.parametrize(
    "fields",
    [
        {"valid_to": datetime.date(2017, 12, 31)},
        {"kind": "development"},
        {"number": NUMBER.replace("〔", "[").replace("〕", "]").replace("[", "〔").replace("]", "〕")},
    ],
    ids=str,
)
def test_a_document_that_must_not_be_is_refused_by_the_database(place, fields):
    make_document(place.county, number=NUMBER)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_document(place.county, **fields)


def test_a_plan_of_a_community_is_a_development_plan_and_a_document_has_one_place(place):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_document(place.communities[0], kind="plan")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_document(place.county, community=place.communities[0])
    first = make_document(place.communities[0], number="1号")
    assert make_document(place.communities[1], number="1号").pk != first.pk, "a number stands once in a community"


def test_what_holds_on_a_day_begins_and_ends_by_day_and_goes_with_its_community(place):
    holds = make_document(place.county, issued_on=DAY)
    make_document(place.county, valid_to=DAY)
    make_document(place.county, issued_on=datetime.date(2018, 7, 1))
    gone = make_community(place.street, closed_on=DAY)
    of_gone = make_document(gone)
    assert set(Document.objects.in_force_on(DAY)) == {holds}
    assert of_gone in Document.objects.in_force_on(datetime.date(2018, 6, 29))


# --- The sheet ---


def test_documents_of_the_city_a_county_a_town_and_a_community_come_in(send, clerk, officer, place):
    rows = [
        document_row(失效日期=""),
        document_row(**{"街道（乡镇）": "东街街道", "类别": "准入制度", "文号": "街1"}),
        document_row("和平社区", 文号="规划1", 失效日期="2020-12-31"),
    ]
    assert send("documents", clerk, rows, commit="all")["status"] == 0
    send("documents", officer, [document_row(**{"县（市、区）": "", "文号": "市1"})], commit="all")
    found = {each.number: each for each in Document.objects.all()}
    assert found[NUMBER].division == place.county and found[NUMBER].kind == "plan"
    assert found["街1"].division == place.street
    assert (found["规划1"].community, found["规划1"].division) == (place.communities[0], None)
    assert found["规划1"].valid_to == datetime.date(2020, 12, 31)
    assert found["市1"].division == place.city, "a row without a place is of the uploader's own office"


def test_the_same_number_of_the_same_office_is_the_same_document(send, clerk, place):
    known = make_document(place.county, number=NUMBER)
    of_town = make_document(place.street, number=NUMBER)
    send("documents", clerk, [document_row(标题="改了标题", **{"县（市、区）": ""})], commit="all")
    known.refresh_from_db()
    of_town.refresh_from_db()
    assert known.title == "改了标题" != of_town.title
    assert Document.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"文号": ""}, "required"),
        ({"标题": ""}, "required"),
        ({"印发日期": ""}, "required"),
        ({"类别": "通知"}, "bad_choice"),
        ({"类别": "社区发展规划"}, "bad_choice"),
        ({"失效日期": "2018-02-01"}, "date_order"),
        ({"印发日期": "2099-02-01"}, "future_date"),
        ({"备注": "找19900001234"}, "personal_text"),
        ({"县（市、区）": "襄垣县"}, "out_of_scope"),
    ],
    ids=str,
)
def test_a_wrong_row_is_refused_with_a_reason(send, clerk, place, changes, code):
    assert code in codes_of(send("documents", clerk, [document_row(**changes)]))
    assert not Document.objects.exists()


def test_the_number_of_a_closed_county_is_found_by_what_stands_there_today(send, place, administrator, clerk):
    old = make_document(place.county, number=NUMBER)
    change("rename", place.county, "140403", "潞州区")
    apply_division_changes(by=administrator)
    clerk.refresh_from_db()
    send("documents", clerk, [document_row(标题="补写标题", **{"县（市、区）": "潞州区"})], commit="all")
    old.refresh_from_db()
    assert (old.title, old.division, Document.objects.count()) == ("补写标题", place.county, 1)


# --- Pages ---


def test_the_list_is_filtered_by_kind_state_level_and_day(place, clerk, signed_in):
    plan = make_document(place.county, "甲")
    ended = make_document(place.street, "乙", kind="admission", valid_to=DAY)
    of_community = make_document(place.communities[0], "丙")
    make_document(place.rural_town, "丁")
    browser, address = signed_in(clerk), reverse("practice:document_list")

    def found(**asked):
        return {row.record for row in browser.get(address, asked).context["table"].rows}

    assert found() == {plan, ended, of_community}
    assert found(kind="plan") == {plan}
    assert found(in_force="yes") == {plan, of_community}
    assert found(in_force="no") == {ended}
    assert found(on_day="2018-06-29") == {plan, ended, of_community}
    assert found(level="community") == {of_community}
    assert found(level="county") == {plan}
    assert found(q="乙") == {ended}


def test_the_pages_of_a_document_and_its_community_show_it(place, clerk, leader, signed_in):
    document = make_document(place.communities[0], "演示三年规划", number="规划1")
    for user in (clerk, leader):
        page = markup_of(signed_in(user).get(document.get_absolute_url()))
        assert all(told in page for told in ("演示三年规划", "规划1", "社区发展规划", "和平社区"))
        assert document.get_absolute_url() in markup_of(signed_in(user).get(place.communities[0].get_absolute_url()))


# --- Which county lacks what ---


def row_of(rows, division):
    row = next(row for row in rows if row.division == division)
    return {cell.kind: cell for cell in row.cells}


def test_gaps_of_counties_are_marked_and_numbers_lead_to_their_documents(place, officer, clerk, signed_in):
    make_document(place.city)
    make_document(place.county)
    make_document(place.county, kind="admission", valid_to=DAY)
    make_document(place.street, kind="talent")  # of a town, not of the county
    make_document(place.communities[0])
    browser = signed_in(officer)
    page = browser.get(reverse("practice:documents"), {"on_day": "2018-06-29"})
    assert [row.name for row in page.context["rows"]] == ["长治市（市本级）", "城区", "襄垣县"]
    county, other = (row_of(page.context["rows"], each) for each in (place.county, place.other_county))
    assert (county["plan"].text, county["admission"].text, county["talent"].text) == ("1", "1", "缺")
    assert (county["development"].text, county["development"].is_gap) == ("1/5", True)
    assert {cell.text for kind, cell in other.items() if kind != "development"} == {"缺"}
    assert not any(cell.is_gap for cell in row_of(page.context["rows"], place.city).values())
    listed = browser.get(county["plan"].url).context["table"].rows
    assert [row.record.division for row in listed] == [place.county]
    assert len(browser.get(county["development"].url).context["table"].rows) == 1
    later = row_of(documents_by_county(officer, DAY), place.county)
    assert later["admission"].text == "缺", "it has ended on that day"
    own = signed_in(clerk).get(reverse("practice:documents")).context["rows"]
    assert [row.division for row in own] == [place.county]


def test_a_county_has_the_documents_of_those_that_were_merged_into_it(place, officer, administrator):
    second = make_division("140411", "郊区", place.city)
    make_document(second)
    for old in (place.county, second):
        change("merge", old, "140403", "潞州区")
    apply_division_changes(by=administrator)
    rows = documents_by_county(officer, datetime.date(2018, 12, 31))
    assert row_of(rows, Division.objects.by_code("140403"))["plan"].number == 1


def test_a_street_sees_its_own_row_without_gaps(place, street_clerk):
    make_document(place.street, kind="admission")
    [row] = documents_by_county(street_clerk, DAY)
    assert row.division == place.street
    assert [cell.is_gap for cell in row.cells] == [False] * len(Document.Kind)


def test_the_matrix_costs_the_same_for_any_number_of_counties_and_is_exported(place, officer, signed_in):
    make_document(place.county)
    browser = signed_in(officer)
    address = reverse("practice:documents")
    with exactly(6):
        browser.get(address)
    for number in range(5):
        make_document(make_division(f"14042{number + 4}", f"演示{number}县", place.city))
    with exactly(6):
        browser.get(address)
    shown = shown_at(address, "", officer)
    values = [[each.find(row) for each in shown.columns] for row in shown.rows]
    assert values[1][:3] == ["城区", 1, "缺"]


@pytest.mark.parametrize("day", ["2018-02-30", "昨天", ""])
def test_what_is_no_day_is_today(place, officer, signed_in, day):
    page = signed_in(officer).get(reverse("practice:documents"), {"on_day": day})
    assert page.status_code == 200 and page.context["is_today"]


# --- Quality ---


def test_a_document_that_lapses_without_another_of_its_kind_is_found(place):
    lapsed = make_document(place.county, valid_to=datetime.date(2018, 6, 15))
    followed = make_document(place.other_county, valid_to=datetime.date(2018, 6, 15))
    make_document(place.other_county, issued_on=datetime.date(2018, 6, 15))
    plan = make_document(place.communities[0], valid_to=DAY)
    make_document(place.communities[1], valid_to=datetime.date(2018, 5, 31))
    assert refs_found_by("document_lapsed", place.city) == {lapsed.ref, plan.ref}
    assert followed.ref not in refs_found_by("document_lapsed", place.city)


def test_one_document_under_two_numbers_is_found(place):
    twins = [make_document(place.county, "同一份") for _ in range(2)]
    make_document(place.street, "同一份")
    make_document(place.county, "同一份", kind="talent")
    assert refs_found_by("document_twice", place.city) == {each.ref for each in twins}
