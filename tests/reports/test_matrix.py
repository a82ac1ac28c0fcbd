"""Tests of the matrix of counties and targets, and of comparing two months, as pages."""

from __future__ import annotations

import pytest

from communities.models import Community
from targets.actions import compute_period
from targets.models import TargetResult
from tests.factories import make_community, make_facility, make_organization, make_period, make_profile, make_worker
from tests.pages import markup_of
from tests.queries import exactly, queries_of
from tests.reports.test_number_links import AFTER, THEN, merged

__all__ = ["merged"]
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
AREA, AGENCIES = "urban_facility_area", "district_agencies"


@pytest.fixture
def months(place):
    """Measure two months: in the second a community more has 500 m², and one has closed its house."""
    for community in Community.objects.all():
        make_profile(community, residents=3_200)
    make_facility(place.communities[0], area=500, closed_on="2018-06-10")
    make_facility(place.communities[1], area=600)
    make_facility(place.communities[2], area=700, opened_on="2018-06-01")
    make_facility(place.other_communities[0], area=100)
    make_facility(place.other_communities[0], area=50, opened_on="2018-06-01")
    make_organization(place.county, registration="registered", is_social_work_agency=True)
    make_worker(place.communities[0])
    other = make_community(place.rural_town, "古韩社区居委会")
    make_profile(other, residents=3_200)
    make_facility(other, area=501)
    for month in ("2018-05", "2018-06"):
        compute_period(make_period(month))


def cells_of(answer, code, target=AREA):
    (row,) = (row for row in answer.context["matrix"].rows if row.division.code == code)
    return next(cell for cell in row.cells if cell is not None and cell.target.code == target)


def test_the_matrix_has_rate_place_change_and_status_of_every_county(months, officer, signed_in):
    answer = signed_in(officer).get("/matrix/")
    first, *counties = answer.context["matrix"].rows
    assert first.is_whole
    assert [row.division.name for row in counties] == ["城区", "襄垣县"]
    own, best = cells_of(answer, "140402"), cells_of(answer, "140423")
    assert (own.figure, own.place, own.on_last_month, own.status.word) == ("40.0%", "第2", "持平", "难按期")
    assert (best.place, best.status.word, best.status.tone) == ("第1", "已完成", "good")
    agencies = cells_of(answer, "140402", AGENCIES)
    assert (agencies.figure, agencies.on_last_month, agencies.status.word) == ("1家", "持平", "未完成")
    text = markup_of(answer)
    assert "（合计）" in text
    assert '<span class="mark good">已完成</span></dt><dd>已经达到目标' in text, "the legend says what a word means"
    assert 'data-label="城市社区设施面积"' in text, "a card of a telephone names each figure"


def test_the_matrix_sorts_by_a_target_and_keeps_the_whole_on_top(months, officer, signed_in):
    browser = signed_in(officer)
    for sort, names in ((AREA, ["襄垣县", "城区"]), (f"-{AREA}", ["城区", "襄垣县"]), ("nothing", ["城区", "襄垣县"])):
        rows = browser.get("/matrix/", {"sort": sort}).context["matrix"].rows
        assert [row.division.name for row in rows[1:]] == names
    assert 'aria-sort="descending"' in markup_of(browser.get("/matrix/", {"sort": AREA}))


def test_a_county_has_its_towns_against_the_targets_of_communities(months, officer, signed_in):
    answer = signed_in(officer).get("/matrix/", {"division": "140402"})
    matrix = answer.context["matrix"]
    assert AGENCIES not in {target.code for target in matrix.targets}
    assert {row.division.level for row in matrix.rows[1:]} == {"town"}
    assert "/dashboard/?division=140402" in markup_of(answer), "a town has a dashboard, and nothing below it"


def test_the_matrix_by_the_divisions_then_and_now(merged, officer, signed_in):
    browser = signed_in(officer)
    then = browser.get("/matrix/", {"period": THEN}).context["matrix"]
    now = browser.get("/matrix/", {"period": THEN, "divisions": "now"}).context["matrix"]
    assert [row.division.name for row in then.rows] == ["长治市", "城区", "郊区", "襄垣县"]
    assert [row.division.name for row in now.rows] == ["长治市", "潞州区", "襄垣县"]
    assert [cell.figure for cell in then.rows[0].cells[:5]] == [cell.figure for cell in now.rows[0].cells[:5]]


def test_two_months_say_who_moved_and_how(months, officer, signed_in):
    browser = signed_in(officer)
    answer = browser.get("/compare/", {"before": "2018-06", "period": "2018-05", "target": AREA})
    assert (answer.context["before"].code, answer.context["period"].code) == ("2018-05", "2018-06"), "put in order"
    change = answer.context["change"]
    assert {movement.value: number for movement, number in change.numbers if number} == {
        "gained": 1,
        "fell": 1,
        "changed": 1,
    }
    assert change.change == "持平"
    moved = {unit.name: (unit.movement.label, unit.difference) for unit in answer.context["units"]}
    assert sorted(moved.values()) == [("不再达标", -500), ("数值有变", 50), ("新达标", 700)]
    text = markup_of(answer)
    assert "−500" in text
    assert "+700" in text
    fell = browser.get("/compare/", {"target": AREA, "movement": "fell", "place": "140402"})
    assert [unit.movement.label for unit in fell.context["units"]] == ["不再达标"]
    assert f"{fell.context['page'].paginator.count}" == "1"


def test_numbers_of_a_comparison_are_those_of_the_results(merged, officer, signed_in):
    """Judged and reached of the later month follow from the earlier month and the movements, then and now."""
    browser = signed_in(officer)
    for asked in ({}, {"divisions": "now"}):
        answer = browser.get("/compare/", {"before": THEN, "period": AFTER, **asked})
        for change in answer.context["changes"]:
            number = {movement.value: count for movement, count in change.numbers}
            before, after = change.before, change.after
            assert after.judged == before.judged + number["joined"] - number["exempt"] - number["gone"], change.target


def test_months_that_cannot_be_compared_are_said_or_not_found(months, officer, signed_in):
    browser = signed_in(officer)
    assert "请选择两个不同的月份" in markup_of(browser.get("/compare/", {"before": "2018-06", "period": "2018-06"}))
    for asked in ({"before": "2017-01"}, {"period": "x"}, {"place": "140499"}, {"division": "149999"}):
        assert browser.get("/compare/", asked).status_code == 404, asked
    TargetResult.objects.all().delete()
    assert browser.get("/compare/").status_code == 200


def test_before_two_months_are_measured_the_page_says_so(place, officer, signed_in):
    browser = signed_in(officer)
    for page in ("/compare/", "/matrix/"):
        answer = browser.get(page)
        assert answer.status_code == 200
        assert "nothing-title" in markup_of(answer)


@pytest.mark.parametrize(("page", "queries"), [("/matrix/", 14), ("/compare/", 18)])
def test_the_pages_cost_the_same_queries_however_many_communities(months, place, officer, signed_in, page, queries):
    browser = signed_in(officer)
    browser.get(page)
    few = len(queries_of(lambda: browser.get(page)))
    assert few == queries
    for number in range(20):
        make_facility(make_community(place.street, f"演示{number}社区居委会"), area=500, opened_on="2018-06-01")
    for month in ("2018-05", "2018-06"):
        compute_period(make_period(month))
    browser.get(page)
    with exactly(few):
        browser.get(page)
