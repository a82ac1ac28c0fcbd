"""The menu on a telephone: one line, which opens by finger or keyboard, with and without scripts."""

from __future__ import annotations

import pytest

from tests.browser.conftest import DESK, TELEPHONE

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
HEIGHT_OF_ONE_LINE = 44  # pixels


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_menu_of_a_telephone_is_one_line_that_opens_by_keyboard(scripts, place, administrator, enter):
    page = enter(administrator, "/menu/registers/", screen=TELEPHONE, scripts=scripts)
    menu = page.get_by_role("navigation", name="主菜单")
    page.goto("/communities/")
    assert menu.bounding_box()["height"] <= HEIGHT_OF_ONE_LINE
    assert menu.inner_text() == "菜单 登记册 · 社区"
    assert not page.locator(".menu-below").is_visible()
    page.locator(".menu-fold > summary").focus()
    page.keyboard.press("Enter")
    entry = menu.get_by_role("link", name="服务设施")
    box = entry.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= TELEPHONE["width"]
    assert box["height"] >= 24
    assert menu.get_by_role("link", name="管理").is_visible()
    entry.click()
    page.wait_for_url("**/facilities/")
    assert menu.inner_text() == "菜单 登记册 · 服务设施"


def test_a_wide_screen_has_both_lines_and_nothing_to_open(place, administrator, enter):
    page = enter(administrator, "/communities/", screen=DESK)
    assert not page.locator(".menu-fold").is_visible()
    assert page.get_by_role("link", name="服务设施").is_visible()
