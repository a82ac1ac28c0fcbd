"""Tests of the lists behind an issue's numbers: every judged unit is there once, and they add up to the figures."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.refusals import StaleError, UnavailableError
from communities.models import Division
from reports.figures import briefing_figures
from reports.unit_lists import (
    VERSION,
    check_lists,
    issue_lists,
    lists_from_json,
    lists_to_json,
)
from targets.actions import compute_period
from targets.judgement import Verdict
from targets.models import CommunityMeasure
from tests.factories import (
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_worker,
)
from tests.queries import queries_of
from tests.reports.briefings import figures
from tests.reports.listed import LETTERS, counted_figures, made_lists


@pytest.fixture
def measured(place, period):
    """Create facts of every kind in 城区 and 襄垣县, measured in June."""
    make_facility(place.communities[0], area="499.99")
    make_facility(place.communities[1], area=600)
    make_facility(place.other_communities[0], area=800)
    for _ in range(10):
        make_organization(place.communities[0])
    for _ in range(6):
        make_worker(place.communities[1])
    make_profile(place.villages[0], residents=3_000)
    make_organization(place.villages[0])
    for _ in range(4):
        make_organization(place.county, registration="registered", is_social_work_agency=True)
    compute_period(period)
    return place


@pytest.mark.one_database
def test_the_lists_add_up_to_the_figures_of_city_and_county(measured, period):
    for of in (measured.city, measured.county):
        lists, counted = issue_lists(period, of), briefing_figures(period, of)
        check_lists(lists, counted)
        assert len(lists.targets) == len(counted.targets)


@pytest.mark.one_database
def test_a_list_has_every_unit_with_its_figure_and_what_it_lacks(measured, period):
    lists = issue_lists(period, measured.city)
    units = {unit.name: unit for unit in lists.units_of(lists.of("urban_facility_area"))}
    assert len(units) == CommunityMeasure.objects.filter(period=period, kind="urban").count()
    short = units["和平社区居委会"]
    assert (short.county, short.value, short.verdict, short.missing) == ("城区", 499.99, Verdict.UNMET, 0.01)
    assert units["参府社区居委会"].missing == 500
    agencies = list(lists.units_of(lists.of("district_agencies")))
    assert [(unit.code, unit.name, unit.value) for unit in agencies] == [("140402", "城区", 4)]


@pytest.mark.one_database
def test_a_county_that_is_no_urban_district_has_no_list_of_a_target_for_those(measured, period):
    county = Division.objects.get(code="140423")
    assert issue_lists(period, county).of("district_agencies") is None
    check_lists(issue_lists(period, county), briefing_figures(period, county))


@pytest.mark.one_database
def test_the_number_of_queries_does_not_depend_on_the_number_of_communities(measured, period):
    before = len(queries_of(lambda: issue_lists(period, measured.city)))
    town = make_division("140402099", "新街道办事处", parent=measured.county)
    for number in range(5):
        make_community(town, f"新社区{number}", code=f"1404020990{number:02}")
    compute_period(period)
    assert len(queries_of(lambda: issue_lists(period, measured.city))) == before <= 16


@pytest.mark.one_database
def test_lists_behind_a_mean_add_up_to_it(place):
    """城区 has two organizations in each of three urban communities, 襄垣县 one in two; the villages have reported nothing."""
    for community in place.communities:
        make_organization(community)
        make_organization(community)
    make_organization(place.other_communities[0])
    month = make_period("2021-06")
    compute_period(month)
    counted, lists = briefing_figures(month, place.city), issue_lists(month, place.city)
    check_lists(lists, counted)
    mean = next(each for each in counted.targets if each.code == "urban_org_mean")
    assert mean.value == 1.4
    other = replace(
        counted, targets=tuple(replace(each, value=1.5) if each is mean else each for each in counted.targets)
    )
    with pytest.raises(StaleError):
        check_lists(lists, other)


@pytest.mark.one_database
def test_a_measurement_in_between_is_noticed(measured, period):
    counted = briefing_figures(period, measured.city)
    make_facility(measured.communities[2], area=700)
    compute_period(period)
    with pytest.raises(StaleError, match="重新生成"):
        check_lists(issue_lists(period, measured.city), counted)


units = st.tuples(
    st.sampled_from(["140402", "140423"]),
    st.sampled_from(LETTERS),
    st.integers(1, 50_000).map(lambda cents: cents / 100),
)


@given(st.lists(units, max_size=40))
def test_any_lists_agree_with_what_is_counted_in_them_and_come_back_from_json(judged):
    lists = made_lists(judged)
    check_lists(lists, counted_figures(judged))
    assert lists_from_json(json.loads(json.dumps(lists_to_json(lists)))) == lists


@given(st.lists(units, min_size=1, max_size=20), st.data())
def test_one_unit_that_is_judged_otherwise_is_noticed(judged, data):
    position = data.draw(st.integers(0, len(judged) - 1))
    county, letter, missing = judged[position]
    other = data.draw(st.sampled_from([each for each in LETTERS if each != letter]))
    changed = [*judged[:position], (county, other, missing), *judged[position + 1 :]]
    with pytest.raises(StaleError):
        check_lists(made_lists(changed), counted_figures(judged))


@given(st.lists(units, min_size=1, max_size=20), st.data())
def test_one_unit_that_lies_elsewhere_is_noticed(judged, data):
    position = data.draw(st.integers(0, len(judged) - 1))
    county, letter, missing = judged[position]
    moved = ("140423" if county == "140402" else "140402", letter, missing)
    with pytest.raises(StaleError):
        check_lists(made_lists([*judged[:position], moved, *judged[position + 1 :]]), counted_figures(judged))


def test_an_annex_with_another_community_is_noticed():
    judged = [("140402", "u", 80.0)]
    counted = counted_figures(judged)
    shortfalls = figures().shortfalls
    check_lists(made_lists(judged), replace(counted, shortfalls=replace(shortfalls, targets=(), rows=())))
    with pytest.raises(StaleError):
        check_lists(made_lists(judged), replace(counted, shortfalls=shortfalls))


def test_lists_of_a_newer_release_are_refused():
    with pytest.raises(UnavailableError, match="升级"):
        lists_from_json({**lists_to_json(made_lists([])), "version": VERSION + 1})


def test_the_lists_of_a_whole_city_stay_below_a_megabyte():
    """3,600 communities under six targets."""
    lists = made_lists([("140402", LETTERS[number % 5], number + 0.37) for number in range(3_600)])
    six = replace(lists, targets=lists.targets * 6)
    assert len(json.dumps(lists_to_json(six), ensure_ascii=False, separators=(",", ":")).encode()) < 1_000_000
