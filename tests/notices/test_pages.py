"""The page 通知, the number in the page header, and marking as seen, for every role."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.models import ROLES_OF_PEOPLE, Role
from notices.actions import Message, mark_as_seen, notify
from notices.models import Notice
from tests.factories import home_of, make_user
from tests.queries import exactly

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
LIST, COUNT, SEEN = (reverse(f"notices:{name}") for name in ("list", "count", "seen"))


def tell(user, title="城区2018年6月还没有上报", **message):
    with transaction.atomic():
        (notice,) = notify([Message(user, title, **message)])
    return notice


def number_of(browser):
    return browser.get(COUNT, HTTP_HX_REQUEST="true").content.decode().strip()


@pytest.mark.parametrize("role", ROLES_OF_PEOPLE)
def test_every_role_finds_its_notices_beside_the_own_name(role, place, signed_in):
    division = home_of(role, place)
    user = make_user(role, division)
    tell(user, text="请核对", url="/submissions/")
    browser = signed_in(user)
    home = browser.get("/").content.decode()
    assert f'href="{LIST}"' in home and f'hx-get="{COUNT}"' in home
    assert ">1<" in number_of(browser)
    page = browser.get(LIST).content.decode()
    assert '<a href="/submissions/">城区2018年6月还没有上报</a>' in page and "请核对" in page


def test_a_person_sees_only_the_own_notices(place, clerk, officer, signed_in):
    tell(clerk, "给城区的")
    tell(make_user(Role.DISTRICT_CLERK, place.county), "给同事的")
    page = signed_in(clerk).get(LIST).content.decode()
    assert "给城区的" in page and "给同事的" not in page
    for other in (officer, make_user(Role.BUREAU_ADMIN, place.city)):
        browser = signed_in(other)
        assert "还没有通知" in browser.get(LIST).content.decode(), "not even the bureau reads what others are told"
        assert number_of(browser) == ""


def test_new_ones_are_marked_and_those_that_were_seen_stay_in_the_list(clerk, signed_in):
    tell(clerk, "先来的")
    mark_as_seen(by=clerk)
    tell(clerk, "后来的")
    page = signed_in(clerk).get(LIST).content.decode()
    assert page.index("后来的") < page.index("先来的"), "the newest first"
    assert page.count(">新</span>") == 1 and "没有看过的 1 条" in page
    assert Notice.objects.unseen().count() == 1, "looking at the list marks nothing"


def test_all_are_marked_at_once_and_nobody_elses(clerk, other_clerk, signed_in):
    for user in (clerk, clerk, other_clerk):
        tell(user)
    browser = signed_in(clerk)
    assert browser.post(SEEN)["Location"] == LIST
    assert "都看过了" in browser.get(LIST).content.decode()
    assert not Notice.objects.addressed_to(clerk).unseen().exists()
    assert Notice.objects.addressed_to(other_clerk).unseen().count() == 1


def test_a_record_that_was_looked_at_marks_the_notices_about_it_alone(clerk, signed_in):
    tell(clerk, about="201806-140402")
    other = tell(clerk, about="201805-140402")
    answer = signed_in(clerk).post(SEEN, {"about": "201806-140402"}, HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer["HX-Trigger"], answer.content) == (204, "notices", b"")
    assert list(Notice.objects.unseen()) == [other]


def test_the_number_is_no_page_of_its_own(clerk, signed_in):
    assert signed_in(clerk).get(COUNT)["Location"] == LIST


def test_a_long_list_has_pages_and_costs_the_same_queries(clerk, signed_in):
    browser = signed_in(clerk)
    for number in range(30):
        tell(clerk, f"通知第{number}号")
    with exactly(4):  # the user, the number of notices, one page, the number unseen
        page = browser.get(LIST).content.decode()
    assert "通知第29号" in page and "通知第4号" not in page
    assert "通知第4号" in browser.get(LIST, {"page": 2}).content.decode()
    with exactly(2):  # the user, the number
        browser.get(COUNT, HTTP_HX_REQUEST="true")


def test_the_heading_asks_for_the_number_without_costing_the_page_a_query(clerk, signed_in):
    browser = signed_in(clerk)
    with exactly(1):  # the user
        browser.get(reverse("manual"))


def test_a_notice_for_the_portal_only_is_not_mailed(place):
    user = make_user(Role.DISTRICT_CLERK, place.county, email="clerk@example.invalid")
    assert tell(user, by_mail=False).mail == Notice.Mail.PORTAL
    assert tell(user).mail == Notice.Mail.WAITING
