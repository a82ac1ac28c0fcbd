"""Tests of the pages of matters: what everybody reads, what only their keepers may do, search, and fixed numbers of queries."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from accounts.models import ROLES_OF_PEOPLE, Role
from affairs.models import Item
from tests.affairs.rows import item_row
from tests.factories import home_of, make_item, make_point, make_route, make_user
from tests.pages import markup_of
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def rows_of(page):
    return [row.record for row in page.context["table"].rows]


@pytest.mark.parametrize("role", ROLES_OF_PEOPLE)
def test_everybody_who_signs_in_reads_items_and_routes(role, place, signed_in):
    item = make_item(place.city, "演示高龄津贴申请", materials="居民身份证（可容缺）")
    route = make_route(place.city, item)
    browser = signed_in(make_user(role, home_of(role, place)))
    assert rows_of(browser.get(reverse("affairs:list"))) == [item]
    assert rows_of(browser.get(reverse("affairs:routes"))) == [route]
    page = markup_of(browser.get(item.get_absolute_url()))
    for told in (
        "演示高龄津贴申请",
        "居民身份证",
        "全市任何一个窗口都能受理",
        route.department.name,
        "打开办事指南PDF",
    ):
        assert told in page
    assert browser.get(route.get_absolute_url()).status_code == 200


def test_only_keepers_are_offered_the_forms(place, administrator, officer, clerk, signed_in):
    item, route = make_item(place.city), make_route(place.county)

    def offered(user):
        browser = signed_in(user)
        links = [browser.get(reverse(name)).context["add_url"] for name in ("affairs:list", "affairs:routes")]
        actions = [
            [action.title for action in browser.get(record.get_absolute_url()).context["actions"]]
            for record in (item, route)
        ]
        return [bool(link) for link in links], actions

    assert offered(administrator) == ([True, True], [["修改", "新版本", "停止办理"], ["修改", "停止承办"]])
    assert offered(officer) == ([False, True], [[], ["修改", "停止承办"]])
    assert offered(clerk) == ([False, True], [[], ["修改", "停止承办"]])
    window = make_user(Role.WINDOW_CLERK, place.street)
    assert offered(window)[0] == [False, False]


def test_a_county_does_not_change_a_route_of_the_city(place, clerk, signed_in):
    route = make_route(place.city)
    assert signed_in(clerk).get(route.get_absolute_url()).context["actions"] == []


def test_a_form_of_an_item_is_refused_to_who_does_not_keep_it(place, period, clerk, signed_in):
    answer = signed_in(clerk).post(
        reverse("changelog:add", args=["items"]),
        {"code": "SX-9", "name": "演示", "kind": "benefit", "audience": "person", "mode": "promised",
         "promised_days": "5", "reach": "city", "valid_from": "2018-01-01"},
    )  # fmt: skip
    assert answer.status_code == 422 and "由市局管理员登记" in markup_of(answer)
    assert not Item.objects.exists()


def test_a_new_version_has_a_form_of_its_own(place, period, administrator, signed_in):
    item = make_item(place.city, materials="居民身份证")
    browser = signed_in(administrator)
    url = reverse("changelog:part", args=["items", item.ref])
    form = browser.get(url).context["form"]
    assert form["promised_days"].value() == "5" and form["materials"].value() == "居民身份证"
    assert not form["valid_from"].value()
    values = {
        "mode": "promised",
        "legal_days": "20",
        "promised_days": "3",
        "reach": "city",
        "materials": "居民身份证；照片",
    }
    answer = browser.post(url, values | {"valid_from": "2018-06-01", "version": "1"})
    assert answer.status_code == 302, answer.context["form"].errors
    assert list(item.versions.order_by("valid_from").values_list("promised_days", "valid_to")) == [
        (5, datetime.date(2018, 6, 1)),
        (3, None),
    ]
    page = markup_of(browser.get(item.get_absolute_url()))
    assert page.count("居民身份证") >= 3 and "已受理的办件按受理时的一版办" in page


def test_an_item_says_why_no_counter_takes_it(place, signed_in):
    browser = signed_in(make_user(Role.WINDOW_CLERK, place.street))
    paused, unrouted, ended = (
        make_item(place.city, state="paused"),
        make_item(place.city),
        make_item(place.city, valid_to=datetime.date(2018, 1, 1)),
    )
    assert "已暂停，窗口现在不受理" in markup_of(browser.get(paused.get_absolute_url()))
    assert "该事项在东街街道办事处没有承办部门，请联系市局补充实施清单。" in markup_of(
        browser.get(unrouted.get_absolute_url())
    )
    assert "现在没有在用的一版" in markup_of(browser.get(ended.get_absolute_url()))
    make_route(place.county, unrouted)
    assert "没有承办部门" not in markup_of(browser.get(unrouted.get_absolute_url()))


def test_the_counters_of_the_own_area_are_named(place, signed_in):
    near = make_point(place.communities[0], "和平便民窗口")
    make_point(place.villages[0], "西垴头便民窗口")
    make_point(place.communities[1], "志愿者之家", functions=["volunteer"])
    page = markup_of(
        signed_in(make_user(Role.WINDOW_CLERK, place.street)).get(make_item(place.city).get_absolute_url())
    )
    assert near.name in page and "西垴头便民窗口" not in page and "志愿者之家" not in page


def test_lists_are_filtered(place, officer, signed_in):
    first = make_item(place.city, "高龄津贴", code="A-1", kind="benefit")
    instant = make_item(place.city, "居住登记", kind="service", mode="instant", promised_days=0, reach="town")
    paused = make_item(place.city, state="paused")
    cancelled = make_item(place.city, state="cancelled")
    browser = signed_in(officer)

    def found(name="affairs:list", **asked):
        return set(rows_of(browser.get(reverse(name), asked)))

    assert found() == {first, instant, paused}
    assert found(state="all") == {first, instant, paused, cancelled}
    assert found(state="cancelled") == {cancelled}
    assert found(mode="instant") == found(reach="town") == found(kind="service") == {instant}
    assert found(on_day="2018-06-30") == {first, instant}
    assert found(q="gaoling") == found(q="高龄") == found(q="a-1") == {first}
    own, of_city = make_route(place.county, first, is_entered=False), make_route(place.city, first)
    other = make_route(place.other_county, instant)
    ended = make_route(place.county, instant, valid_to=datetime.date(2018, 1, 1))
    assert found("affairs:routes") == {own, of_city, other}
    assert found("affairs:routes", state="all") == {own, of_city, other, ended}
    assert found("affairs:routes", county="140402") == {own, of_city}
    assert found("affairs:routes", is_entered="false") == {own}
    assert found("affairs:routes", q="gaoling") == {own, of_city}
    assert found("affairs:routes", q=other.department.name) == {other}


def test_the_search_finds_items_by_name_pinyin_and_code(place, signed_in):
    item = make_item(place.city, "高龄津贴申请", code="CZ-MZ-01")
    browser = signed_in(make_user(Role.WINDOW_CLERK, place.street))
    for text in ("高龄津贴", "gaolingjintie", "gljt", "cz-mz-01"):
        page = browser.post(reverse("search"), {"q": text}, follow=True)
        assert item.get_absolute_url() in markup_of(page), text


def test_an_item_costs_the_same_queries_however_much_belongs_to_it(place, officer, signed_in):
    item = make_item(place.city, materials="甲；乙")
    make_route(place.county, item)
    make_point(place.communities[0])
    browser = signed_in(officer)
    browser.get(item.get_absolute_url())
    few = len(queries_of(lambda: browser.get(item.get_absolute_url())))
    for number in range(5):
        make_point(place.communities[number % 3])
    for division in (place.street, place.other_street, place.other_county, place.rural_town):
        make_route(division, item)
    assert len(queries_of(lambda: browser.get(item.get_absolute_url()))) == few


def test_a_row_without_materials_shows_none(send, administrator, place, signed_in):
    send("items", administrator, [item_row(申请材料="")], commit="all")
    page = markup_of(signed_in(administrator).get(Item.objects.get().get_absolute_url()))
    assert "没有登记申请材料" in page
