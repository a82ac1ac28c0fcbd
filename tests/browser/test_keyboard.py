"""Pages worked with Tab alone: where the keyboard is can always be seen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]

# What the focus is on, whether a frame shows it, and whether all of its upper edge is in sight and not covered.
AT = """() => {
    const at = document.activeElement;
    if (at === document.body) return null;
    const box = at.getBoundingClientRect();
    const style = getComputedStyle(at);
    const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
    const top = document.elementFromPoint(x, box.top + Math.min(box.height, 24) / 2);
    return {
        is: `${at.tagName} ${at.className} ${(at.getAttribute("aria-label") || at.textContent || at.name || "").trim().slice(0, 20)}`,
        inside: at.closest(".menu, .masthead, .views, .bulk-bar, .filters, thead, .entry-form, .skip-link")?.className || "",
        name: at.name || "",
        framed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 0 && box.height > 0 && box.top >= -1 && box.left >= -1 && box.right <= innerWidth + 1
            && (box.bottom <= innerHeight + 1 || box.height > innerHeight / 2),
        covered: !top || !(at.contains(top) || top.contains(at) || (at.labels && [...at.labels].some((each) => each.contains(top)))),
    };
}"""


def _walk(page: Page, most: int = 250) -> list[dict[str, Any]]:
    """Return what Tab meets from the beginning of the page to its end."""
    met: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(AT)
        if at is None:
            return met
        met.append(at)
    raise AssertionError("The page does not end, or Tab is caught in it.")


@pytest.mark.timeout(300)
def test_tab_leads_through_a_list_and_the_page_of_a_month_and_is_always_seen(place, filled, enter):
    page = enter(filled, "/organizations/")
    # Otherwise the page glides to the focus, and where it is would be measured on the way.
    page.emulate_media(reduced_motion="reduce")
    for address, parts in (
        ("/organizations/", ("skip-link", "masthead", "menu", "views", "filters", "bulk-bar")),
        (f"/monthly/{place.communities[0].ref}/", ("masthead", "menu", "entry-form")),
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        met = _walk(page)
        for part in parts:
            assert any(part in each["inside"] for each in met), f"{address}: Tab does not reach {part}"
        unseen = [each for each in met if not each["framed"] or not each["seen"] or each["covered"]]
        assert not unseen, f"{address}\n" + "\n".join(map(str, unseen))
