"""The dashboard's tab 联动工作: cards, counties and figures, scope, order, and what it costs."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from changzhi_portal.pages.exported import shown_at
from targets.actions import compute_period
from tests.factories import make_community, make_division, make_facility, make_period
from tests.queries import exactly

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
EVERY = ["party", "deliberation", "convenience", "culture", "elderly"]


@pytest.fixture
def measured(place):
    """May and June: facilities of 城区, one more in June; 襄垣县 has reported nothing."""
    make_facility(place.communities[0], functions=EVERY)
    may, june = make_period("2018-05"), make_period("2018-06")
    compute_period(may)
    make_facility(place.communities[1], functions=["culture"], opened_on=datetime.date(2018, 6, 10))
    compute_period(june)
    return june


def page_of(browser, **asked):
    return browser.get(reverse("reports:linked"), asked)


def test_the_city_sees_a_card_for_each_work_and_counties_by_figures(place, measured, officer, signed_in):
    page = page_of(signed_in(officer))
    card = next(each for each in page.context["cards"] if each.work.code == "communities")
    assert [(line.figure.code, line.text, line.change_text) for line in card.lines] == [
        ("bodies_complete", "未填报", "—"),
        ("five_functions", "20.0%", "持平"),
        ("multi_use", "50.0%", "−50.0个百分点"),
    ]
    assert card.covered == 1
    rows = {row.division.name: row for row in page.context["rows"]}
    assert list(rows) == ["长治市", "城区", "襄垣县"]
    texts = {line.figure.code: line.text for line in rows["城区"].lines}
    assert (texts["facility_cover"], texts["signs"]) == ("40.0%", "未填报")
    assert {line.text for line in rows["襄垣县"].lines} == {"未填报"}


def test_each_number_opens_the_page_of_its_figure_for_the_division(place, measured, officer, signed_in):
    browser = signed_in(officer)
    page = page_of(browser)
    row = next(row for row in page.context["rows"] if row.division == place.county)
    line = next(line for line in row.lines if line.figure.code == "facility_cover")
    assert line.url.replace("&", "&amp;") in page.content.decode()
    opened = browser.get(line.url)
    assert (opened.status_code, opened.context["figure"].code, opened.context["division"]) == (
        200,
        "facility_cover",
        place.county,
    )


def test_rows_are_sorted_by_a_figure_and_those_without_one_come_last(place, measured, officer, signed_in):
    other = make_division("140429", "武乡县", place.city)
    make_facility(make_community(make_division("140429100", "丰州镇", other)))
    compute_period(measured)
    browser = signed_in(officer)

    def names(sort):
        return [row.division.name for row in page_of(browser, sort=sort).context["rows"]]

    assert names("-facility_cover") == ["长治市", "武乡县", "城区", "襄垣县"]
    assert names("facility_cover") == ["长治市", "城区", "武乡县", "襄垣县"]
    assert names("no_figure") == ["长治市", "城区", "襄垣县", "武乡县"]
    heads = {each.shown.figure.code: each for each in page_of(browser, sort="-facility_cover").context["headings"]}
    assert (heads["facility_cover"].direction, heads["facility_cover"].sort) == ("descending", "facility_cover")
    assert heads["signs"].direction == "none"


def test_a_county_sees_itself_and_its_towns_alone(place, measured, clerk, signed_in):
    page = page_of(signed_in(clerk))
    assert [row.division.name for row in page.context["rows"]] == ["城区", "东街街道办事处", "西街街道办事处"]
    assert "覆盖" not in page.content.decode()
    assert page_of(signed_in(clerk), division="140423").status_code == 404
    assert "襄垣县" not in page.content.decode()


def test_nothing_reported_says_what_to_do(place, measured, other_clerk, signed_in):
    text = page_of(signed_in(other_clerk)).content.decode()
    assert "这个月还没有联动工作的数据" in text
    assert "<table" not in text


def test_a_portal_without_a_measured_month_shows_the_same(place, officer, signed_in):
    page = page_of(signed_in(officer))
    assert (page.status_code, page.context["rows"]) == (200, [])
    assert "这个月还没有联动工作的数据" in page.content.decode()


def test_the_tabs_keep_month_and_division(place, measured, officer, signed_in):
    browser = signed_in(officer)
    asked = "?division=140402&amp;period=2018-05"
    for name in ("reports:dashboard", "reports:linked"):
        text = browser.get(reverse(name), {"division": "140402", "period": "2018-05"}).content.decode()
        assert f'href="{reverse("reports:dashboard")}{asked}"' in text
        assert f'href="{reverse("reports:linked")}{asked}"' in text


def test_the_file_has_the_numbers_of_the_page(place, measured, officer):
    shown = shown_at(reverse("reports:linked"), "sort=-facility_cover", officer)
    values = [{each.key: each.find(row) for each in shown.columns} for row in shown.rows]
    assert [(row["division"], row["facility_cover"]) for row in values] == [
        ("长治市", pytest.approx(40)),
        ("城区", pytest.approx(40)),
        ("襄垣县", "未填报"),
    ]


def test_the_tab_costs_the_same_queries_however_many_counties(place, measured, officer, signed_in):
    browser = signed_in(officer)

    def look():
        with exactly(QUERIES):
            assert page_of(browser).status_code == 200

    look()
    for number in range(5):
        county = make_division(f"14043{number}", f"演示{number}县", place.city)
        make_facility(make_community(make_division(f"14043{number}100", "古韩镇", county)), functions=EVERY)
    compute_period(measured)
    look()


# User; months; divisions; map of the month; figures, with the versions of the two months; computation.
QUERIES = 8
