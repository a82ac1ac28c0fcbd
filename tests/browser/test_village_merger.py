"""A village merger in a real browser: through to the dashboard, and back to an old month."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from targets.actions import compute_period
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import make_facility, make_period, make_place, make_profile, make_user, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def admin() -> Any:
    """Return the bureau's admin of a city with two villages that have a worker each."""
    place = make_place()
    for village in place.villages:
        make_profile(village, as_of=datetime.date(2018, 1, 31), residents=900, households=300)
        make_worker(village)
        make_facility(village)
    return make_user(Role.BUREAU_ADMIN, place.city)


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, False)])
def test_a_village_merger_reaches_the_dashboard_and_leaves_the_old_month(admin, enter, screen, scripts):
    old, new = make_period("2018-05"), make_period("2018-06")
    page = enter(admin, "/accounts/division-changes/", screen=screen, scripts=scripts)
    page.get_by_role("link", name="登记变更").click()
    page.get_by_role("textbox", name="查找", exact=True).fill("古韩镇")
    page.get_by_role("button", name="查找、更新所选").click()
    page.get_by_role("checkbox", name="西垴头村委会").check()
    page.get_by_role("checkbox", name="栗家岭村委会").check()
    page.get_by_role("button", name="查找、更新所选").click()
    page.get_by_role("radio", name="并入襄垣县古韩镇栗家岭村委会").check()
    page.get_by_label("生效日期").fill("2018-06-15")
    page.get_by_label("原因或依据").fill("演示：并村")
    page.get_by_role("button", name="登记，去看影响").click()
    expect(page.get_by_text("已登记1项变更，还没有应用")).to_be_visible()
    assert not scripts or page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="确认应用这1项变更").click()
    expect(page.get_by_text("1个社区撤销或并入别处")).to_be_visible()
    for period in (old, new):
        compute_period(period)
    judged, start = [], page.url.split("/accounts/")[0]
    for month in ("2018-05", "2018-06"):
        page.goto(f"{start}/dashboard/?period={month}&target=rural_professionals")
        judged.append(page.locator("main").inner_text())
    assert "西垴头" not in judged[1]
    assert judged[0] != judged[1]
    page.goto(f"{start}/communities/?q=西垴头")
    page.get_by_role("link", name="栗家岭村委会").click()
    page.get_by_role("link", name="西垴头村委会（2018-06-15撤销）").click()
    expect(page.get_by_text("由栗家岭村委会承接")).to_be_visible()
