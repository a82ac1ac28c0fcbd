"""axe-core in a page: what it finds wrong, what it cannot decide, and the contrast of texts in drawings."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page

from tests.browser.conftest import DESK

AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
# WCAG 2.1 A and AA, and axe-core's best practices.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
# What axe-core cannot decide, with the reason why it is right here: (rule, what axe-core says) to why it is right.
EXPLAINED = {
    ("color-contrast", "a background image"): "The arrow of a choice is a picture beside its text; the text has the "
    "colours of the text boxes, which are measured.",
    ("color-contrast", "Element has no value"): "An empty box has no text.",
}
# Folded parts are opened first, except menus that would cover what lies below them. Says whether axe-core is there, and
# how wide and high the page is then, with its widest table as a whole.
OPEN_PARTS = """(covering) => {
    document.querySelectorAll("details").forEach((part) => { part.open = part.open || !part.matches(covering); });
    const hidden = [...document.querySelectorAll(".table-scroll")].map((each) => each.scrollWidth - each.clientWidth);
    if (hidden.some((pixels) => pixels > 0)) {
        document.querySelectorAll(".container-xl").forEach((part) => { part.style.maxWidth = "none"; });
    }
    return ["axe" in window, innerWidth + Math.max(0, ...hidden), document.documentElement.scrollHeight];
}"""
RUN = """async ([rules, within]) => {
    const found = await axe.run(within || document,
        {runOnly: rules, resultTypes: ["violations", "incomplete"], preload: false});
    const told = (kind) => found[kind].flatMap((rule) => rule.nodes.map((node) => [rule.id, node.target.join(" "),
        node.any.concat(node.all, node.none).map((check) => check.message).join("; "), node.html.slice(0, 160)]));
    return {violations: told("violations"), incomplete: told("incomplete")};
}"""
COVERING = "details.views"


@cache
def _script(name: str) -> str:
    """Return a function of a script beside this module, without the comments before it."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("//"))


@cache
def _axe() -> str:
    if not AXE.exists():
        pytest.skip("NOT CHECKED: axe-core is missing; run make setup-test")
    return AXE.read_text(encoding="utf-8")


def bring_axe_into(page: Page) -> None:
    """Let every page that is opened from now on have axe-core; cheaper than to send it to each."""
    page.add_init_script(_axe())


def obstacles_in(page: Page, where: str, *, within: str = "") -> list[tuple[Any, ...]]:
    """Return what axe-core finds in the page with all folded parts open, or only in the elements of `within`.

    Each finding begins with `where`, then says the rule, the element and the reason.
    """
    page.set_viewport_size({"width": DESK["width"], "height": DESK["height"]})
    # As high as the page, as wide as its widest table: nothing sticks to the screen's edge upon something else, and no cell is
    # out of sight, while it is measured.
    has_axe, width, height = page.evaluate(OPEN_PARTS, COVERING)
    if not has_axe:
        page.evaluate(_axe())
    page.set_viewport_size({"width": max(DESK["width"], width), "height": max(DESK["height"], height)})
    found = page.evaluate(RUN, [list(RULES), within or None])
    pale = page.evaluate(_script("contrast.js"))
    return [
        *((where, *each) for each in found["violations"]),
        *((where, "unclear", *each) for each in found["incomplete"] if not _is_explained(*each)),
        *((where, "contrast in a drawing", each) for each in pale),
    ]


def _is_explained(rule: str, target: str, message: str, markup: str) -> bool:
    # What is drawn below a text of a drawing is looked up by contrast.js.
    if rule == "color-contrast" and markup.startswith("<text") and "contains an image node" in message:
        return True
    return any(rule == of_rule and words in message for of_rule, words in EXPLAINED)
