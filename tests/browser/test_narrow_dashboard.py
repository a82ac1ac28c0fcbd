"""Dashboard and home on a telephone, with names that cannot be broken: nothing scrolls sideways, charts stay legible."""

from __future__ import annotations

import pytest

from targets.actions import compute_period
from tests.browser.conftest import TELEPHONE
from tests.factories import make_community, make_facility, make_organization, make_period, make_profile, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]

SMALLEST = 12  # pixels
UNBROKEN = "Shequ" * 12
# Text and effective size of what a chart says; elements that stick out of the screen; tables without a scroll container.
MEASURE = """(smallest) => {
  const charts = [...document.querySelectorAll(".bars, .county-map, .trend, .standings")];
  const holders = charts.flatMap((chart) => [chart, ...chart.querySelectorAll("*")]);
  const said = holders.filter((each) => each.tagName !== "title" && getComputedStyle(each).display !== "none"
    && [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  return {
    wide: document.documentElement.scrollWidth,
    charts: charts.length,
    small: said.filter((each) => parseFloat(getComputedStyle(each).fontSize) < smallest).map((each) => each.textContent.trim()),
    loose: [...document.querySelectorAll("main table")].filter((each) => !each.closest(".table-scroll")).length,
    doubled: ids.filter((id, position) => ids.indexOf(id) !== position),
  };
}"""


@pytest.fixture
def measured(place, period):
    """Measure two months of a city in which a community and a town have long names without a place to break."""
    for community in (*place.communities, *place.other_communities, *place.villages):
        make_profile(community, residents=3_500)
        make_facility(community, area=520 if community in place.other_communities else 420)
    make_organization(place.communities[0])
    make_facility(make_community(place.street, UNBROKEN), area=100)
    place.other_street.name = UNBROKEN
    place.other_street.save()
    later = make_period("2018-07")
    make_facility(place.communities[0], area=300, opened_on=later.month)
    for month in (period, later):
        compute_period(month)
    return place


def test_on_a_telephone_charts_are_legible_and_nothing_scrolls_sideways(measured, enter):
    for role, division in (
        ("leader", measured.city),
        ("bureau_officer", measured.city),
        ("district_clerk", measured.county),
    ):
        page = enter(make_user(role, division), "/dashboard/", screen=TELEPHONE)
        board = page.evaluate(MEASURE, SMALLEST)
        assert board["wide"] <= TELEPHONE["width"], role
        assert board["charts"] >= 3, "bars, legend, trend; the map for the city"
        assert (board["small"], board["loose"], board["doubled"]) == ([], 0, []), role
        # A division's name stands above its bar.
        name, bar = page.locator(".bar-name").first.bounding_box(), page.locator(".bar").first.bounding_box()
        assert name["y"] + name["height"] <= bar["y"] + 1
        assert page.get_by_role("heading", name="下一步").bounding_box()["y"] < 2 * TELEPHONE["height"]
        page.goto("/")
        home = page.evaluate(MEASURE, SMALLEST)
        assert (home["wide"] <= TELEPHONE["width"], home["loose"], home["doubled"]) == (True, 0, []), role
