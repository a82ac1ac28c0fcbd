"""A refused form in a real browser: the first error has the focus, with scripts and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Role, User
from submissions.actions import lock_period
from tests.factories import make_period, make_place, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def administrator() -> User:
    return make_user(Role.BUREAU_ADMIN, make_place().city)


def only_refusals(complaints) -> None:
    """Check that the browser reports nothing but the status of refusals."""
    assert complaints.messages
    assert all(re.search("4(09|22)", words) for words in complaints.messages)
    complaints.messages.clear()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_first_wrong_field_has_the_focus_and_what_was_typed_is_kept(administrator, enter, complaints, scripts):
    make_period("2018-06")
    page = enter(administrator, "/periods/2018-06/dates/", scripts=scripts)
    page.get_by_label("开放日", exact=False).fill("2018-06-26")
    page.get_by_label("截止日", exact=False).first.fill("")
    page.get_by_label("迟报截止日", exact=False).fill("")
    page.get_by_role("button", name="保存").click()
    wrong = page.locator("#id_due_on")
    expect(wrong).to_be_focused()
    expect(wrong).to_have_accessible_description(re.compile("请填写日期。"))
    expect(page.locator("#id_opens_on")).to_have_value("2018-06-26")
    only_refusals(complaints)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_refusal_of_the_whole_form_has_the_focus(administrator, enter, complaints, scripts):
    period = make_period("2018-06")
    page = enter(administrator, "/periods/2018-06/lock/", scripts=scripts)
    lock_period(period=period, by=administrator)
    page.get_by_role("button", name="锁定2018年6月").click()
    expect(page.get_by_text("已经锁定，不用再锁")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="已经锁定")).to_be_focused()
    expect(page.get_by_role("button", name="锁定2018年6月")).to_have_count(0)
    only_refusals(complaints)
    page.get_by_role("link", name="返回").click()
    expect(page.get_by_role("heading", name="2018年6月", exact=True)).to_be_visible()
