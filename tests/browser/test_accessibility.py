"""axe-core over every page of every role: no violation of WCAG 2.1 A and AA or of its best practices, nothing unclear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from targets.actions import compute_period
from tests.architecture.test_urls import NAMES, POST_ONLY, TAKE_RECORD, address_of, make_briefing
from tests.factories import (
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_project,
    make_user,
    make_worker,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]

AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
# What axe cannot decide, with the reason why it is right here.
EXPLAINED = {
    # (rule, what axe says): why it is right.
    ("color-contrast", "a background image"): "The arrow of a choice is a picture beside its text; the text has the "
    "colours of the text boxes, which are measured.",
}
# The pages are divided among tests, which then run at the same time.
PARTS = 2
NAMES_OF_PAGES = sorted(set(NAMES) - POST_ONLY)
RUN = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations", "incomplete"]});
    const told = (kind) => found[kind].flatMap((rule) => rule.nodes.map((node) => [rule.id, node.target.join(" "),
        node.any.concat(node.all, node.none).map((check) => check.message).join("; "), node.html.slice(0, 160)]));
    return {violations: told("violations"), incomplete: told("incomplete")};
}"""


@pytest.fixture
def filled(place, clerk):
    """Create two records in every register, measure a month, and return the county's clerk."""
    for community in place.communities:
        make_profile(community, residents=3_500)
        make_organization(community)
        make_worker(community)
        make_facility(community, area=420)
    make_project(place.county, *place.communities)
    compute_period(make_period())
    return clerk


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_screen_reader_and_weak_eyes_find_no_obstacle_on_any_page_of_any_role(part, filled, place, enter):
    if not AXE.exists():
        pytest.skip("NOT CHECKED: axe-core is missing; run make setup-test")
    addresses = _addresses(place, filled, NAMES_OF_PAGES[part::PARTS])
    axe = AXE.read_text(encoding="utf-8")
    obstacles: list[Any] = []
    judged: set[tuple[str, str]] = set()
    for role in Role:
        user = make_user(role, {"district_clerk": place.county, "street_clerk": place.street}.get(role, place.city))
        page = enter(user)
        for name, address in _opened_by(user, addresses, judged):
            page.goto(address)
            page.evaluate(axe)
            found = page.evaluate(RUN)
            where = f"{role.value}, {name}"
            obstacles += [(where, *each) for each in found["violations"]]
            obstacles += [(where, "unclear", *each) for each in found["incomplete"] if not _is_explained(*each)]
    assert len(judged) >= 15, "pages are found"
    assert not obstacles, "\n".join(map(str, obstacles))


def _is_explained(rule: str, target: str, message: str, markup: str) -> bool:
    return any(rule == of_rule and words in message for of_rule, words in EXPLAINED)


def _addresses(place, owner, names: list[str]) -> list[tuple[str, str]]:
    """Return names and addresses, with a record of 城区 where one is needed."""
    briefing = make_briefing(place.county)
    return [
        # One briefing for all, because there is one a month.
        (name, reverse(name, args=[briefing.ref]))
        if name in TAKE_RECORD and name.startswith("reports:")
        else (name, address_of(name, place, owner))
        for name in names
    ]


def _opened_by(user, addresses: list[tuple[str, str]], judged: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the pages that the user may open, and remember them in `judged`.

    A page whose content has the same elements for this role as for one before is left out; the home page with the role's
    menu never is. Parts of pages are judged within their page.
    """
    browser = Client()
    browser.force_login(user)
    for name, address in addresses:
        answer = browser.get(address)
        if answer.status_code != 200 or answer.streaming or b"<html" not in answer.content:
            continue
        skeleton = _skeleton(answer.content.decode())
        if (name, skeleton) not in judged or name == "home":
            judged.add((name, skeleton))
            yield name, address


def _skeleton(markup: str) -> str:
    """Return the elements of the page's content without texts, addresses and keys."""
    content = markup.partition("<main")[2].partition("</main>")[0]
    tags = (re.sub(r'="[^"]*\d[^"]*"', "", tag) for tag in re.findall(r"<[^>]+>", content))
    return " ".join(re.sub(r'(href|action|value|title|name|hx-\w+)="[^"]*"', "", tag) for tag in tags)
