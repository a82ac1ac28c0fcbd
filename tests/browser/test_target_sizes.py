"""Links and buttons that a finger or an unsteady hand can hit, on a desk and on a telephone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import make_batch, make_facility, make_organization, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]
SMALL_TARGETS = "\n".join(
    line
    for line in (Path(__file__).parent / "target_sizes.js").read_text(encoding="utf-8").splitlines()
    if not line.startswith("//")
)


@pytest.mark.parametrize("screen", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_every_link_and_button_outside_running_text_is_large_enough_or_stands_alone(
    screen, place, period, officer, enter
):
    for community in place.communities:
        make_organization(community)
        worker = make_worker(community)
        facility = make_facility(community)
    make_batch(officer, state="checked")
    page = enter(officer, screen=screen)
    small = {}
    for path in (
        "/",
        "/menu/registers/",
        "/uploads/",
        "/submissions/",
        "/periods/",
        "/communities/",
        "/organizations/",
        "/quality/",
        "/search/?q=和平",
        worker.get_absolute_url(),
        facility.get_absolute_url(),
        f"/registers/facilities/{facility.ref}/edit/",
    ):
        page.goto(path)
        small[path] = page.evaluate(SMALL_TARGETS)
        current = page.locator("nav.menu .menu-here, nav.menu > ul [aria-current]").locator("visible=true")
        if current.count():
            box = current.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= screen["width"], (
                f"{path}: the current entry is in sight"
            )
    assert {path: found for path, found in small.items() if found} == {}
