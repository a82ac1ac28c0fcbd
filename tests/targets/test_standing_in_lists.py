"""The list of communities by how they stand towards the targets."""

from __future__ import annotations

import pytest
from django.urls import reverse

from targets.actions import compute_period
from tests.factories import make_community, make_facility, make_organization
from tests.queries import exactly

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
AREA = "urban_facility_area"
LIST = "communities:community_list"


@pytest.fixture
def measured(place, period):
    make_facility(place.communities[0], area=500)
    make_facility(place.communities[1], area=480)
    make_organization(place.communities[0])
    compute_period(period)
    return period


def records(page):
    return [row.record for row in page.context["table"].paginated_rows]


def columns(page):
    return [column.name for column in page.context["table"].columns]


def test_communities_are_listed_by_target_and_verdict_with_their_gap(place, measured, officer, signed_in):
    browser = signed_in(officer)
    page = browser.get(reverse(LIST), {"target": AREA, "verdict": "unmet", "sort": f"gap_{AREA}"})
    assert records(page)[0] == place.communities[1], "which lacks least"
    assert columns(page)[-2:] == [f"verdict_{AREA}", f"gap_{AREA}"]
    text = page.content.decode()
    assert "目标（2018年6月）" in text
    assert "未达标" in text
    assert records(browser.get(reverse(LIST), {"target": AREA, "verdict": "met"})) == [place.communities[0]]
    of_target = browser.get(reverse(LIST), {"target": AREA})
    assert {each.kind for each in records(of_target)} == {"urban"}


def test_a_verdict_without_a_target_asks_for_any_target(place, measured, officer, signed_in):
    found = records(signed_in(officer).get(reverse(LIST), {"verdict": "met"}))
    assert place.communities[0] in found


def test_gaps_of_several_targets_stand_side_by_side_when_chosen(place, measured, officer, signed_in):
    asked = {"columns": f"name,gap_{AREA},gap_urban_org_count", "sort": f"-gap_urban_org_count,gap_{AREA}"}
    page = signed_in(officer).get(reverse(LIST), asked)
    assert columns(page) == ["name", f"gap_{AREA}", "gap_urban_org_count"]
    assert [key.name for key in page.context["table"].sort_keys] == ["gap_urban_org_count", f"gap_{AREA}"]


@pytest.mark.parametrize(("asked", "field"), [({"target": "none"}, "target"), ({"verdict": "good"}, "verdict")])
def test_a_wrong_target_or_verdict_is_said_at_its_field(asked, field, place, measured, officer, signed_in):
    page = signed_in(officer).get(reverse(LIST), asked)
    assert list(page.context["filter_form"].errors) == [field]
    assert page.context["table"].paginator.count == 0


def test_a_county_sees_only_its_own(place, measured, clerk, signed_in):
    found = records(signed_in(clerk).get(reverse(LIST), {"target": AREA, "verdict": ["met", "unmet", "unknown"]}))
    assert found
    assert {each.town.parent for each in found} == {place.county}


def test_the_standing_costs_the_same_queries_for_few_and_for_many(place, measured, officer, signed_in):
    browser = signed_in(officer)
    asked = {"target": AREA, "verdict": "unmet", "per_page": 100}
    browser.get(reverse(LIST), asked)
    # The user, month and targets, count, saved views, choices of counties, rows.
    with exactly(7):
        browser.get(reverse(LIST), asked)
    for _ in range(60):
        make_community(place.street)
    compute_period(measured)
    with exactly(7):
        page = browser.get(reverse(LIST), asked)
    assert page.context["table"].paginator.count > 60
