"""The search in the header, in a real browser."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import id_number, make_community, make_facility, make_organization, make_project, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def registers(place):
    """Fill 东街街道 with one record of each kind whose name begins with 太行."""
    community = make_community(place.street, "太行东街社区居委会")
    make_facility(community, "太行东街社区综合服务中心")
    make_organization(community, "太行东街邻里互助会", registration="registered")
    make_worker(community, "曾演示", id_number=id_number(4_711), posting={"position": "网格员"})
    make_project(place.county, community, name="太行东街居家养老服务项目")
    for number in range(10):
        make_community(place.street, f"太行{number}号社区居委会")
    return place


def test_a_clerk_searches_with_the_keyboard_alone(registers, clerk, enter):
    page = enter(clerk, reverse("home"))
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("taihang")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=taihang")
    assert page.locator("#search").input_value() == "taihang"
    assert page.get_by_role("link", name="太行东街邻里互助会").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("和平/")
    assert page.locator("#search").input_value() == "和平/", "the selected text is replaced, and a / is typed as it is"


def test_an_id_number_is_in_no_address(registers, clerk, enter):
    page = enter(clerk, reverse("home"))
    page.locator("#search").fill(id_number(4_711))
    page.keyboard.press("Enter")
    page.get_by_role("link", name="曾演示").wait_for()
    assert page.url.endswith("/search/")
    assert page.locator("#search").input_value() == ""


@pytest.mark.parametrize("screen", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_the_search_works_without_scripts_and_fits_the_screen(screen, registers, clerk, enter):
    page = enter(clerk, reverse("home"), screen=screen, scripts=False)
    page.locator("#search").fill("太行 东街")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="太行东街居家养老服务项目").wait_for()
    assert page.get_by_role("link", name="全部").first.is_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= screen["width"]
