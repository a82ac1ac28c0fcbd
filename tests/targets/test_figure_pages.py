"""The pages 工作指标: what each reader sees of figures of divisions, and what the registers say now."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
from django.urls import reverse

from accounts.actions import apply_division_changes
from accounts.models import Role
from changzhi_portal.pages.exported import shown_at
from communities.models import Division
from targets.actions import compute_period
from tests.api.test_registers import rows_of
from tests.communities.changes import change
from tests.factories import make_facility, make_period, make_project, make_user
from tests.queries import queries_of
from tests.targets import figures_declared as declared
from tests.targets.measured import lock

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
COVERED, AREA = "/figures/compared/?figure=covered", "/figures/compared/?figure=area_opened"
JUNE = datetime.date(2018, 6, 10)
LISTED = dataclasses.replace(
    declared.COVERED, list_url=lambda division, period: f"/facilities/?county={division.code}&period={period.code}"
)


@pytest.fixture
def measured(place, declare_figures):
    """May and June: one of five communities of 城区 is covered in May, two in June; 襄垣县 has reported nothing."""
    declare_figures(LISTED, declared.AREA_OPENED)
    make_facility(place.communities[0], area=40)
    may, june = make_period("2018-05"), make_period("2018-06")
    compute_period(may)
    make_facility(place.other_communities[0], opened_on=JUNE, area=60, construction_mode="new")
    compute_period(june)
    return june


def text_of(page):
    return " ".join(page.content.decode().split())


def lines(page):
    return {(line.name, line.division.name): line for line in page.context["lines"]}


def test_the_city_sees_every_figure_with_sums_change_and_the_counties_covered(place, measured, officer, signed_in):
    page = signed_in(officer).get(reverse("targets:figures"))
    covered = lines(page)["指标covered", "长治市"]
    assert (covered.text, covered.change_text, covered.tone, covered.year_text) == (
        "40.0%",
        "+20.0个百分点",
        "good",
        "—",
    )
    assert (covered.result.numerator, covered.result.denominator, covered.result.counties) == (2, 5, 1)
    opened = lines(page)["筹资新建", "长治市"]
    assert (opened.text, opened.change_text, opened.year_text) == ("60.00㎡", "+60.00㎡", "60.00㎡")
    assert "覆盖县（市、区）" in text_of(page)
    assert "四（一）2" in text_of(page)


def test_a_county_that_has_not_reported_reads_so_and_never_zero(place, measured, other_clerk, signed_in):
    page = signed_in(other_clerk).get(reverse("targets:figures"))
    assert {line.text for line in page.context["lines"]} == {"未填报"}
    assert {line.change_text for line in page.context["lines"]} == {"—"}
    assert "覆盖县（市、区）" not in text_of(page)
    # Towns of its own, none of another county.
    assert [each.name for each in page.context["choices"]] == ["襄垣县", "古韩镇"]


def test_one_figure_shows_the_divisions_below_with_the_way_to_its_rows(place, measured, officer, signed_in):
    page = signed_in(officer).get(COVERED)
    found = {name: line.text for (_, name), line in lines(page).items()}
    assert found == {"长治市": "40.0%", "城区": "40.0%", "襄垣县": "未填报"}
    assert 'href="/facilities/?county=140402&amp;period=2018-06"' in page.content.decode()
    assert "看名单（按现在的登记）" in text_of(page)
    assert "市的数来自已填报的1个县（市、区）。" in text_of(page)
    of_county = signed_in(officer).get(lines(page)["指标covered", "城区"].url)
    found = {name: line.text for (_, name), line in lines(of_county).items()}
    assert found == {"城区": "40.0%", "东街街道办事处": "33.3%", "西街街道办事处": "50.0%"}
    assert "市的数来自" not in text_of(of_county)


def test_a_part_is_chosen_and_an_unknown_one_is_all(place, measured, officer, signed_in):
    browser, address = signed_in(officer), AREA
    page = browser.get(f"{address}&part=developer&division={place.county.code}")
    assert (page.context["title"], lines(page)["开发配建", "城区"].text) == ("指标area_opened：开发配建", "0.00㎡")
    whole = browser.get(f"{address}&part=stolen&division={place.county.code}")
    assert lines(whole)["指标area_opened", "城区"].text == "60.00㎡"


def test_what_was_registered_since_the_lock_is_shown_beside_the_frozen_figure(place, measured, officer, signed_in):
    lock(measured, officer)
    browser, address = signed_in(officer), COVERED
    assert "按现在的登记，" not in text_of(browser.get(address))
    make_facility(place.communities[1])
    make_facility(place.villages[0])
    page = browser.get(address)
    found = {name: (line.text, line.live_text, line.live_change) for (_, name), line in lines(page).items()}
    assert found == {
        "长治市": ("40.0%", "57.1%", 2),
        "城区": ("40.0%", "60.0%", 1),
        "襄垣县": ("未填报", "50.0%", None),
    }
    assert "本月已锁定，公布的数不变" in text_of(page)
    assert "57.1%（分子+2）" in text_of(page)
    exported = shown_at("/figures/compared/", "figure=covered", officer)
    assert [[c.find(row) for c in exported.columns if c.key == "now"] for row in exported.rows] == [
        ["57.1%"],
        ["60.0%"],
        ["50.0%"],
    ]


def test_rows_that_are_gone_since_read_as_not_reported_now(place, measured, officer, signed_in):
    place.other_communities[0].facilities.all().delete()
    place.communities[0].facilities.all().delete()
    page = signed_in(officer).get(COVERED)
    assert (lines(page)["指标covered", "城区"].live_text, "（分子—）" in text_of(page)) == ("未填报", False)


def test_the_lists_are_exported_as_they_are_shown(place, measured, officer):
    shown = shown_at(reverse("targets:figures"), "", officer)
    rows = [{c.key: c.find(row) for c in shown.columns} for row in shown.rows]
    assert [(row["figure"], row["part"]) for row in rows] == [
        ("指标covered", None),
        ("指标area_opened", None),
        ("指标area_opened", "筹资新建"),
        ("指标area_opened", "开发配建"),
    ]
    assert (rows[0]["value"], rows[0]["unit"], rows[0]["counties"], rows[0]["state"]) == (40, "%", 1, None)
    one = shown_at("/figures/compared/", "figure=covered", officer)
    rows = [{c.key: c.find(row) for c in one.columns} for row in one.rows]
    assert [(row["division"], row["value"], row["state"]) for row in rows] == [
        ("长治市", 40, None),
        ("城区", 40, None),
        ("襄垣县", None, "未填报"),
    ]


def test_nobody_sees_a_figure_of_another_area(place, measured, clerk, street_clerk, signed_in):
    for address in (reverse("targets:figures"), reverse("targets:figure")):
        for user, code in ((clerk, "140423"), (clerk, "140400"), (street_clerk, "140402")):
            assert signed_in(user).get(address, {"division": code}).status_code == 404
    own = signed_in(street_clerk).get(COVERED)
    assert [line.division for line in own.context["lines"]] == [place.street]


def test_an_unknown_figure_is_not_found(place, measured, officer, signed_in):
    assert signed_in(officer).get(reverse("targets:figure"), {"figure": "stolen"}).status_code == 404


@pytest.mark.parametrize("period", ["2018-04", "2017-01"])
def test_a_month_without_figures_says_so(place, measured, officer, signed_in, period):
    for address in (reverse("targets:figures"), reverse("targets:figure")):
        page = signed_in(officer).get(address, {"period": period})
        assert "这个月还没有工作指标" in text_of(page)


def test_a_month_is_shown_by_todays_divisions_too(place, officer, signed_in, declare_figures):
    declare_figures(declared.MEAN_AREA)
    make_facility(place.communities[0], area=100)
    october = make_period("2018-10")
    change("rename", place.county, "140403", "潞州区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    compute_period(october)
    browser, address = signed_in(officer), reverse("targets:figure")
    then = browser.get(address, {"period": "2018-10"})
    now = browser.get(address, {"period": "2018-10", "boundaries": "now"})
    names = [[line.division.name for line in page.context["lines"]] for page in (then, now)]
    assert names == [["长治市", "城区", "襄垣县"], ["长治市", "潞州区", "襄垣县"]]
    assert lines(now)["指标mean_area", "潞州区"].text == "100.00㎡"
    assert "按现行区划" in text_of(now)
    assert Division.objects.by_code("140403").valid_to is None


@pytest.mark.parametrize("page", ["targets:figures", "targets:figure"])
def test_a_page_costs_the_same_queries_however_many_rows_there_are(place, measured, officer, signed_in, page):
    browser = signed_in(officer)
    address = reverse(page)
    browser.get(address)
    few = len(queries_of(lambda: browser.get(address)))
    for community in (*place.communities, *place.villages):
        make_facility(community, opened_on=JUNE)
    make_project(place.county)
    compute_period(measured)
    browser.get(address)
    assert len(queries_of(lambda: browser.get(address))) == few <= 14


def test_the_api_gives_the_sums_of_the_own_area(place, measured, officer, clerk, signed_in):
    rows = rows_of(signed_in(officer), "/api/v1/figures/?period=2018-06&code=covered&limit=2")
    of_city = next(row for row in rows if row["division"] == "140400")
    assert of_city == {
        "period": "2018-06",
        "state": "open",
        "code": "covered",
        "part": None,
        "division": "140400",
        "division_name": "长治市",
        "level": "city",
        "numerator": "2.0000",
        "denominator": "5.0000",
        "numerator_year": None,
        "denominator_year": None,
        "counties": 1,
    }
    assert "140423" not in {row["division"] for row in rows}
    own = rows_of(signed_in(clerk), "/api/v1/figures/?part=new")
    assert {(row["period"], row["division"]) for row in own} == {
        (month, code) for month in ("2018-05", "2018-06") for code in ("140402", "140402001", "140402002")
    }
    assert (
        rows_of(signed_in(clerk), "/api/v1/figures/?q=东街&level=town&period=2018-06&code=covered")[0]["numerator"]
        == "1.0000"
    )
