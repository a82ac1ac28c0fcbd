"""Tests of two issues compared: every figure as printed, and nothing of an issue that the reader may not see."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.actions import apply_division_changes
from reports.issue_comparison import compare_issues
from reports.same_places import SamePlaces, same_places
from tests.communities.changes import change
from tests.factories import make_user
from tests.pages import markup_of
from tests.queries import queries_of
from tests.reports.briefings import division, figures, make_briefing, make_issued, short_community, target

pytestmark = pytest.mark.one_database
LATER = figures(
    targets=[
        target(
            met=97,
            unmet=56,
            percent=63.4,
            divisions=[division("140402", "城区", 57, 39), division("140404", "郊区", 4, 1)],
        )
    ],
    shortfalls={"targets": ["urban_facility_area"], "rows": [short_community("英雄社区", code="140402001009")]},
)


def test_every_target_and_county_stands_with_both_figures_and_the_change():
    [compared] = compare_issues(figures(), LATER).targets
    whole = compared.whole
    assert (whole.first, whole.second, whole.change) == ("62.7%", "63.4%", "+0.7")
    assert (whole.reached, whole.unmet) == ("96 → 97", "57 → 56")
    assert [(row.name, row.first, row.second, row.change) for row in compared.divisions] == [
        ("城区", "66.7%", "68.4%", "+1.7"),
        ("郊区", "—", "25.0%", "—"),
        ("襄垣县", "50.0%", "—", "—"),
    ]


def test_who_has_left_the_list_and_who_has_come_onto_it_is_named():
    compared = compare_issues(figures(), LATER)
    assert compared.gone.groups == (("城区", ("东街街道办事处和平社区居委会",)),)
    assert compared.new.groups == (("城区", ("东街街道办事处英雄社区",)),)


def test_equal_counts_reached_and_unmet_with_another_rate_are_explained_by_what_was_not_reported():
    both = [figures(targets=[target(judged=153 + more, unknown=more)]) for more in (0, 7)]
    whole = compare_issues(*both).targets[0].whole
    assert (whole.judged, whole.unknown, whole.reached) == ("153 → 160", "0 → 7", "96")


def test_counties_that_became_one_are_added_up_where_units_are_counted_and_not_where_a_mean_is_taken():
    merged = SamePlaces(divisions={"140402": "140403", "140411": "140403"})
    before, after = (
        [division("140402", "城区", 57, 38), division("140411", "郊区", 3, 1, unknown=1)],
        [division("140403", "潞州区", 60, 42)],
    )
    first, second = (figures(targets=[target(divisions=rows)]) for rows in (before, after))
    [row] = compare_issues(first, second, merged).targets[0].divisions
    assert (row.name, row.first, row.second, row.change) == ("潞州区", "65.0%", "70.0%", "+5.0")
    assert (row.note, row.unknown) == ("原城区、郊区", "1 → 0")
    first, second = (figures(targets=[target(divisions=rows, aggregate="mean")]) for rows in (before, after))
    [row] = compare_issues(first, second, merged).targets[0].divisions
    assert (row.first, row.change, row.note) == ("—", "—", "原城区、郊区，区划有调整，不可比")


def test_a_county_that_got_or_lost_communities_is_not_compared():
    [row] = [
        each
        for each in compare_issues(figures(), LATER, SamePlaces(reshaped=frozenset({"140402"}))).targets[0].divisions
        if each.name == "城区"
    ]
    assert (row.first, row.second, row.change, row.note) == ("66.7%", "68.4%", "—", "区划有调整，不可比")


@pytest.mark.django_db
def test_after_a_merger_of_counties_a_community_is_the_same_under_its_new_code(place):
    community = place.communities[0]
    old_code, old_county = community.code, place.county.code
    change("merge", place.county, "140403", "潞州区")
    apply_division_changes(by=make_user("bureau_admin", place.city))
    community.refresh_from_db()
    assert community.code != old_code
    first = figures(
        targets=[target(divisions=[division(old_county, "城区", 57, 38)])],
        shortfalls={
            "targets": ["urban_facility_area"],
            "rows": [short_community(community.name, code=old_code)],
        },
    )
    second = figures(
        as_of="2018-11-30",
        targets=[target(divisions=[division("140403", "潞州区", 57, 39)])],
        shortfalls={
            "targets": ["urban_facility_area"],
            "rows": [short_community(community.name, code=community.code, county="潞州区")],
        },
    )
    places = same_places(first, second)
    compared = compare_issues(first, second, places)
    assert (compared.gone.number, compared.new.number) == (0, 0)
    [row] = compared.targets[0].divisions
    assert (row.first, row.second, row.note) == ("66.7%", "68.4%", "原城区")
    assert places.is_same_area and not places.reshaped


def test_many_names_are_folded_by_county():
    rows = [short_community(f"第{number}社区", code=f"1404020010{number:02}") for number in range(12)]
    second = figures(shortfalls={"targets": ["urban_facility_area"], "rows": rows})
    listed = compare_issues(figures(), second).new
    shown = render_to_string("reports/listed_communities.html", {"said": "新列入", "listed": listed})
    assert "<details>" in shown and "城区（11个）" in shown


def test_another_standard_and_a_target_of_one_issue_alone_are_said():
    other = figures(targets=[target(at_least=600), target(code="new", short_name="新目标")])
    notes = [each.whole.note for each in compare_issues(figures(), other).targets]
    assert notes == ["标准由≥500㎡变为≥600㎡", "只在后一期"]
    assert [each.whole.note for each in compare_issues(other, figures()).targets][1] == "只在前一期"


def test_an_issue_compared_with_itself_has_no_change():
    [compared] = compare_issues(LATER, LATER).targets
    assert (compared.whole.change, compared.whole.reached) == ("持平", "97")


@pytest.mark.django_db
def test_the_newest_two_issues_are_compared_by_default_and_any_two_by_choice(place, leader, signed_in):
    first = make_issued(place.city, "2018-05", figures=figures())
    make_issued(place.city, "2018-06", figures=LATER)
    browser = signed_in(leader)
    address = reverse("reports:briefing_comparison")
    shown = markup_of(browser.get(address))
    assert "+0.7" in shown and "两月对比" not in shown, "it stands below 简报 in the menu"
    same = markup_of(browser.get(address, {"first": first.ref, "second": first.ref}))
    assert "请选择两期不同的简报" in same
    queries = len(queries_of(lambda: browser.get(address)))
    make_issued(place.city, "2018-04", figures=figures())
    assert len(queries_of(lambda: browser.get(address))) == queries


@pytest.mark.django_db
def test_a_withdrawn_issue_is_no_default_and_is_marked_where_it_is_chosen(place, leader, signed_in):
    first = make_issued(place.city, "2018-04", figures=figures())
    make_issued(place.city, "2018-05", figures=LATER)
    withdrawn = make_issued(place.city, "2018-06", figures=figures(), stage="withdrawn")
    browser, address = signed_in(leader), reverse("reports:briefing_comparison")
    shown = browser.get(address)
    assert shown.context["second"].period.code == "2018-05"
    assert "（已撤回）" in markup_of(shown) and "已经撤回" not in markup_of(shown)
    shown = browser.get(address, {"first": withdrawn.ref, "second": first.ref})
    assert (shown.context["first"], shown.context["second"]) == (first, withdrawn)
    assert "2018年6月简报已经撤回" in markup_of(shown)


@pytest.mark.django_db
def test_drafts_and_issues_of_other_areas_or_levels_are_not_compared(place, clerk, leader, signed_in):
    city = make_issued(place.city, figures=figures())
    county = make_issued(place.county, figures=figures())
    elsewhere = make_issued(place.other_county, figures=figures())
    draft = make_briefing(place.city, "2018-05", figures=figures())
    address = reverse("reports:briefing_comparison")
    for user, first, second in (
        (clerk, city, county),
        (clerk, county, elsewhere),
        (leader, draft, city),
        (leader, county, city),
    ):
        answer = signed_in(user).get(address, {"first": first.ref, "second": second.ref})
        assert answer.status_code == 404
    assert "还没有可以对比的两期简报" in markup_of(signed_in(clerk).get(address))
