"""Tests of two issues compared: every figure as printed, and nothing of an issue that the reader may not see."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reports.issue_comparison import compare_issues
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
    assert [row.name for row in compared.gone] == ["和平社区居委会"]
    assert [row.name for row in compared.new] == ["英雄社区"]


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
    address = reverse("reports:compare_briefings")
    assert "+0.7" in markup_of(browser.get(address))
    same = markup_of(browser.get(address, {"first": first.ref, "second": first.ref}))
    assert "请选择两期不同的简报" in same
    queries = len(queries_of(lambda: browser.get(address)))
    make_issued(place.city, "2018-04", figures=figures())
    assert len(queries_of(lambda: browser.get(address))) == queries


@pytest.mark.django_db
def test_drafts_and_issues_of_other_areas_or_levels_are_not_compared(place, clerk, leader, signed_in):
    city = make_issued(place.city, figures=figures())
    county = make_issued(place.county, figures=figures())
    elsewhere = make_issued(place.other_county, figures=figures())
    draft = make_briefing(place.city, "2018-05", figures=figures())
    address = reverse("reports:compare_briefings")
    for user, first, second in (
        (clerk, city, county),
        (clerk, county, elsewhere),
        (leader, draft, city),
        (leader, county, city),
    ):
        answer = signed_in(user).get(address, {"first": first.ref, "second": second.ref})
        assert answer.status_code == 404
    assert "还没有可以对比的两期简报" in markup_of(signed_in(clerk).get(address))
