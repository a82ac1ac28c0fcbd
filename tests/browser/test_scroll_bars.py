"""Pages with scroll bars that take room, as on office computers: no strip is left beside them, and no bar is for nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
SCREEN = {"width": 1366, "height": 500}
BAR = 15  # pixels
# How far the page is from both edges, how wide its own bar is, and what has a bar beside it without anything to scroll to.
LEFT_OVER = """() => {
    const page = document.body.getBoundingClientRect();
    const edge = document.documentElement.clientWidth;
    const barred = [...document.querySelectorAll(".table-scroll, .tabs")].filter(
        (each) => each.offsetHeight && each.offsetWidth - each.clientWidth > 4);
    return [page.left, edge - page.right, innerWidth - edge, barred.map((each) => each.className)];
}"""


@pytest.fixture
def page_with_bars(live_server, filled, monkeypatch) -> Iterator[Page]:
    """Return a page of the county's clerk in a Chromium of its own, which shows scroll bars as Windows does."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    client = Client()
    client.force_login(filled)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], ignore_default_args=["--hide-scrollbars"]
        )
        context = browser.new_context(base_url=live_server.url, viewport=SCREEN)
        context.add_cookies(
            [{"name": name, "value": each.value, "url": live_server.url} for name, each in client.cookies.items()]
        )
        yield context.new_page()
        browser.close()
        connections.close_all()


def test_no_strip_is_left_beside_a_page_whose_scroll_bars_take_room(page_with_bars):
    for path in ("/", "/organizations/", "/dashboard/", "/matrix/", "/results/"):
        page_with_bars.goto(path)
        assert page_with_bars.evaluate(LEFT_OVER) == [0, 0, BAR, []], path
