"""Tests of the page on which a bureau_admin applies changes of divisions."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from accounts.models import ROLES_OF_PEOPLE, Role
from communities.models import Community, CrosswalkRow, Division, DivisionChange
from tests.factories import home_of, make_community, make_division, make_period, make_user
from tests.queries import exactly, queries_of, writes_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 11, 23)


def words_of(answer):
    return " ".join(answer.content.decode().split())


@pytest.fixture
def browser(place, administrator, signed_in):
    return signed_in(administrator)


@pytest.fixture
def change(place):
    return DivisionChange.objects.create(
        kind="rename",
        level="county",
        effective_on=DAY,
        from_code="140423",
        from_name="襄垣县",
        to_code="140407",
        to_name="襄垣区",
        source="演示依据",
    )


PAGE = "/accounts/division-changes/"


def press(browser):
    """Post what the page shows."""
    shown = browser.get(PAGE)
    return browser.post(PAGE, {"seen": shown.context["form"].seen}, follow=True)


def test_the_page_says_what_would_happen_and_does_nothing_yet(browser, change, other_clerk):
    gone = Community.objects.get(name="栗家岭村委会")
    CrosswalkRow.objects.create(effective_on=DAY, from_code=gone.code, from_name=gone.name)
    CrosswalkRow.objects.create(effective_on=DAY, from_code="140402001001", from_name="和平社区居委会")
    queries = queries_of(lambda: browser.get(PAGE))
    text = words_of(browser.get(PAGE))
    assert not [sql for sql in writes_of(queries) if "session" not in sql]
    for told in ("襄垣县", "140423", "襄垣区", "140407", "演示依据", "古韩镇", "140407100", other_clerk.username):
        assert told in text
    assert (
        "1个县（市、区）由新的区划承接，1个街道（乡镇）由新的区划承接，2个社区换用新代码，1个账号转到新的区划。" in text
    )
    assert "140407100201" in text, "the village without a counterpart goes with its town"
    assert "另有1个不在变更的区划内" in text
    assert "确认应用这1项变更" in text
    change.refresh_from_db()
    assert change.applied_at is None


def test_one_press_applies_it_and_the_page_then_says_by_whom(browser, change, administrator, other_clerk):
    text = words_of(press(browser))
    assert "已应用2018-11-23的区划变更：1个县（市、区）由新的区划承接，1个街道" in text
    assert "没有待应用的区划变更" in text
    assert "确认应用" not in text
    change.refresh_from_db()
    assert change.applied_by == administrator
    other_clerk.refresh_from_db()
    assert other_clerk.division.name == "襄垣区"


def test_what_the_page_did_not_show_is_not_applied(browser, change, place):
    seen = browser.get(PAGE).context["form"].seen
    other = DivisionChange.objects.create(
        kind="rename",
        level="county",
        effective_on=DAY,
        from_code="140402",
        from_name="城区",
        to_code="140409",
        to_name="东城区",
        source="演示",
    )
    text = words_of(browser.post(PAGE, {"seen": seen}, follow=True))
    assert "与刚才显示的不同" in text
    for each in (change, other):
        each.refresh_from_db()
        assert each.applied_at is None


def test_a_change_that_does_not_fit_has_no_button_and_says_why(browser, change):
    DivisionChange.objects.filter(pk=change.pk).update(from_name="另一个县")
    text = words_of(browser.get(PAGE))
    assert "代码140423现在是“襄垣县”，不是“另一个县”" in text
    assert "确认应用" not in text
    pressed = words_of(press(browser))
    assert "区划变更不能应用" in pressed


def test_a_locked_month_is_said_to_keep_its_divisions(browser, change, administrator):
    period = make_period("2018-12")
    period.state, period.locked_by = "locked", administrator
    period.locked_at = datetime.datetime(2019, 1, 10, tzinfo=datetime.UTC)
    period.save()
    assert "2018年12月已锁定，仍保留锁定时的区划" in words_of(browser.get(PAGE))


def test_a_change_of_a_coming_day_is_listed_and_cannot_be_applied(browser, change):
    DivisionChange.objects.filter(pk=change.pk).update(effective_on=datetime.date(2090, 1, 1))
    text = words_of(browser.get(PAGE))
    assert "尚未到生效日期" in text
    assert "确认应用" not in text


def test_without_any_change_the_page_says_what_to_do(browser):
    assert "还没有登记区划变更" in words_of(browser.get(PAGE))


@pytest.mark.parametrize("role", [role for role in ROLES_OF_PEOPLE if role != Role.BUREAU_ADMIN])
def test_nobody_else_opens_the_page_or_finds_it_in_the_menu(place, change, role, signed_in):
    browser = signed_in(make_user(role, home_of(role, place)))
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"seen": ""}).status_code == 403
    assert PAGE not in browser.get("/").content.decode()
    assert Division.objects.get(pk=place.other_county.pk).valid_to is None


def test_the_page_costs_the_same_queries_however_much_changes(browser, change, place):
    browser.get(PAGE)
    few = len(queries_of(lambda: browser.get(PAGE)))
    for number in range(20):
        town = make_division(f"1404231{number + 10:02d}", f"演示{number}镇", place.other_county)
        make_community(town)
        make_user(Role.STREET_CLERK, town)
    with exactly(few):
        browser.get(reverse("accounts:division_changes"))
