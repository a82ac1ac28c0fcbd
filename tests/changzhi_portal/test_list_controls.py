"""Sorting, columns, dates and unknown parameters of lists, as every register has them."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from changzhi_portal.pages.tables import MOST_SORT_KEYS
from tests.factories import make_facility, make_organization, make_posting, make_project, make_worker

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
COMMUNITIES, ORGANIZATIONS = "communities:community_list", "orgs:list"
HTMX = {"HTTP_HX_REQUEST": "true"}


def text_of(page):
    return " ".join(page.content.decode().split())


def records(page):
    return [row.record for row in page.context["table"].paginated_rows]


def test_a_list_is_sorted_by_several_columns_one_after_another(place, officer, signed_in):
    page = signed_in(officer).get(reverse(COMMUNITIES), {"sort": "county,-name"})
    rows = [(row.town.parent.code, row.sort_key) for row in records(page)]
    expected = sorted(rows, key=lambda row: row[1], reverse=True)
    assert rows == sorted(expected, key=lambda row: row[0])
    text = text_of(page)
    assert "排序：县（市、区）从小到大，再按社区名称从大到小" in text
    assert '<span class="visually-hidden">排序第</span>2' in text


def test_a_click_puts_a_column_before_the_others_and_a_second_one_turns_it(place, officer, signed_in):
    table = signed_in(officer).get(reverse(COMMUNITIES), {"sort": "county,-name"}).context["table"]
    assert table.sorted_after("kind") == "kind,county,-name"
    assert table.sorted_after("county") == "-county,-name"
    assert table.sorted_after("name") == "-name,county"
    table.order_by = "kind,county,-name"
    assert table.sorted_after("code").split(",") == ["code", "kind", "county"][:MOST_SORT_KEYS]


def test_a_list_shows_the_columns_that_are_ticked_and_always_the_first(place, officer, signed_in):
    make_organization(place.communities[0])
    page = signed_in(officer).get(
        reverse(ORGANIZATIONS), {"columns": ["category", "community"], "sort": "-member_count"}
    )
    assert [column.name for column in page.context["table"].columns] == ["name", "category", "community"]
    assert page.context["table"].sort_keys[0].name == "member_count", "also by a column that is not shown"
    ticked = {choice.name for choice in page.context["column_choices"] if choice.is_shown}
    assert ticked == {"category", "community"}


def test_the_address_of_chosen_columns_is_short_and_leaves_out_the_usual_ones(place, officer, signed_in):
    make_organization(place.communities[0])
    browser = signed_in(officer)
    few = browser.get(reverse(ORGANIZATIONS), {"columns": ["category", "community"], "q": ""}, **HTMX)
    assert few["HX-Push-Url"] == reverse(ORGANIZATIONS) + "?columns=name,category,community"
    usual = [column.name for column in browser.get(reverse(ORGANIZATIONS)).context["table"].columns]
    assert browser.get(reverse(ORGANIZATIONS), {"columns": usual}, **HTMX)["HX-Push-Url"] == reverse(ORGANIZATIONS)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"knid": "urban"}, "这张表没有“knid”这个条件，已忽略。"),
        ({"columns": "name,weight"}, "这张表没有“weight”这一列，已忽略。"),
        ({"sort": "-weight,name"}, "不能按“weight”排序，已忽略。"),
        ({"per_page": "1000000"}, "每页只能显示25、50、100、200条，已按25条显示。"),
    ],
)
def test_what_a_list_does_not_know_it_says(asked, sentence, place, officer, signed_in):
    text = text_of(signed_in(officer).get(reverse(COMMUNITIES), asked))
    assert sentence in text
    assert text.count("已忽略") + text.count("已按25条") == 1


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ({"on_day": "2018-02-30"}, "on_day", "输入一个有效的日期。"),
        ({"established_from": "gestern"}, "established_from", "输入一个有效的日期。"),
        (
            {"established_from": "2018-06-01", "established_to": "2018-05-01"},
            "established_to",
            "这一天早于前面的日期，请改正。",
        ),
    ],
)
def test_a_wrong_day_is_said_at_its_field_which_is_open(asked, field, sentence, place, officer, signed_in):
    make_organization(place.communities[0])
    page = signed_in(officer).get(reverse(ORGANIZATIONS), asked)
    assert page.context["filter_form"].errors == {field: [sentence]}
    assert page.context["filter_form"].opens_further
    assert page.context["table"].paginator.count == 0


def test_registers_are_filtered_by_days(place, officer, signed_in):
    browser = signed_in(officer)
    day = datetime.date
    old = make_organization(place.communities[0], established_on=day(2016, 1, 1), dissolved_on=day(2018, 1, 1))
    new = make_organization(place.communities[0], established_on=day(2018, 1, 1))
    listed = lambda name, **asked: records(browser.get(reverse(name), asked))  # noqa: E731
    assert listed(ORGANIZATIONS, on_day="2017-12-31") == [old]
    assert listed(ORGANIZATIONS, on_day="2018-01-01") == [new], "an end date equal to the day has ended"
    assert listed(ORGANIZATIONS, established_from="2016-01-01", established_to="2017-12-31") == [old]
    facility = make_facility(place.communities[0], opened_on=day(2017, 3, 1))
    assert listed("communities:facility_list", on_day="2017-03-01") == [facility]
    assert listed("communities:facility_list", opened_to="2017-02-28") == []
    project = make_project(place.county, starts_on=day(2018, 1, 1), ends_on=day(2018, 12, 31))
    assert listed("services:list", on_day="2018-12-31") == [project], "the last day still counts"
    assert listed("services:list", started_from="2018-01-02") == []


def test_a_worker_is_found_by_a_day_of_an_earlier_posting(place, officer, signed_in):
    worker = make_worker(place.communities[0])
    worker.postings.update(started_on=datetime.date(2016, 1, 1), ended_on=datetime.date(2017, 1, 1), is_newest=False)
    make_posting(worker, place.communities[1], started_on=datetime.date(2018, 1, 1))
    browser = signed_in(officer)
    assert records(browser.get(reverse("socialworkers:list"), {"on_day": "2016-06-30"})) == [worker]
    assert records(browser.get(reverse("socialworkers:list"), {"on_day": "2017-06-30"})) == []


def test_an_unbroken_name_and_ten_thousand_rows_are_paged(place, officer, signed_in):
    organization = make_organization(place.communities[0], name="长" * 100)
    page = signed_in(officer).get(reverse(ORGANIZATIONS), {"per_page": 200})
    assert records(page) == [organization]
    assert "共 <b>1</b> 条" in text_of(page)
