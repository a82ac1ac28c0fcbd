"""axe-core over every page of every role: no violation of WCAG 2.1 A and AA or of its best practices, nothing unclear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import ROLES_OF_PEOPLE, User
from tests.addresses import NAMES, POST_ONLY, address_of
from tests.browser.axe import bring_axe_into, obstacles_in
from tests.factories import home_of, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]

# The pages are divided among tests, which then run at the same time.
PARTS = 4
NAMES_OF_PAGES = sorted(set(NAMES) - POST_ONLY)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_screen_reader_and_weak_eyes_find_no_obstacle_on_any_page_of_any_role(part, filled, place, one_screen):
    page, take_session = one_screen
    bring_axe_into(page)
    addresses = _addresses(place, filled, NAMES_OF_PAGES[part::PARTS])
    obstacles: list[Any] = []
    judged: set[tuple[str, str]] = set()
    for role in ROLES_OF_PEOPLE:
        user = make_user(role, home_of(role, place))
        client = take_session(user)
        for name, address in _opened_by(client, addresses, judged):
            page.goto(address)
            obstacles += obstacles_in(page, f"{role.value}, {name}")
    assert len(judged) >= 20, "pages are found"
    assert not obstacles, "\n".join(map(str, obstacles))


def _addresses(place, owner: User, names: list[str]) -> list[tuple[str, str]]:
    """Return names and addresses, with a record of 城区 where one is needed."""
    return [(name, address_of(name, place, owner)) for name in names]


def _opened_by(
    client: Client, addresses: list[tuple[str, str]], judged: set[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield the pages that the user may open, and remember them in `judged`.

    A page whose content has the same elements for this role as for one before is left out; the home page with the role's
    menu never is. Parts of pages are judged within their page.
    """
    for name, address in addresses:
        answer = client.get(address)
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
