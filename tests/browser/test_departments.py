"""A county keeps its departments, and a merger that takes them along; in a browser, on desk and telephone, without scripts too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Department, Role
from tests.browser.axe import bring_axe_into, obstacles_in
from tests.browser.conftest import DESK, TELEPHONE
from tests.communities.changes import change
from tests.factories import make_community, make_department, make_division, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.mark.parametrize(("screen", "scripts"), [(DESK, True), (TELEPHONE, True), (DESK, False)])
def test_a_department_is_added_kept_while_people_work_there_and_closed(
    screen, scripts, place, enter, clerk, complaints
):
    page = enter(clerk, "/accounts/departments/", screen=screen, scripts=scripts)
    page.get_by_role("link", name="新增", exact=True).click()
    page.get_by_label("所属区划").select_option(label="东街街道办事处")
    page.get_by_label("名称").fill("社会事务办公室")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="社会事务办公室")).to_be_visible()
    department = Department.objects.get()
    user = make_user(Role.DEPARTMENT_CLERK, place.street, department=department)
    page.get_by_role("link", name="撤销", exact=True).click()
    page.get_by_role("button", name="撤销这个部门").click()
    expect(page.get_by_text("还有1个在用的账号").first).to_be_visible()
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    page.get_by_role("button", name="撤销这个部门").click()
    expect(page.get_by_text("部门“社会事务办公室”已撤销。")).to_be_visible()
    expect(page.get_by_role("link", name="恢复", exact=True)).to_be_visible()
    [refused] = complaints.messages
    assert "409" in refused, "the first closing, as it should"
    complaints.messages.clear()


@pytest.mark.parametrize("screen", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_the_list_of_what_a_merger_took_along_is_read_by_everybody(screen, place, enter, administrator):
    second = make_division("140411", "郊区", place.city)
    make_community(make_division("140411001", "常青街道办事处", second))
    for county in (place.county, second):
        make_department(county, "民政局")
        change("merge", county, "140403", "潞州区")
    page = enter(administrator, "/accounts/division-changes/", screen=screen)
    bring_axe_into(page)
    page.get_by_role("button", name="确认应用").click()
    expect(page.get_by_text("另有2项随之转到承接的区划")).to_be_visible()
    assert not obstacles_in(page, "applied")
    expect(page.get_by_text("郊区“民政局”并入潞州区的同名部门")).to_be_visible()
