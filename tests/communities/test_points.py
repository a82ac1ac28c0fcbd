"""Tests of service points: their places, their sheet, pages, quality rules, and what becomes of them when places change."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.actions import apply_division_changes, undo_division_changes
from communities.actions import change_set_of
from communities.models import ServicePoint
from tests.communities.changes import change
from tests.factories import make_community, make_division, make_point
from tests.pages import markup_of
from tests.quality import refs_found_by
from tests.uploads.office import codes_of

pytestmark = pytest.mark.django_db
OPENED = datetime.date(2018, 3, 1)


def point_row(community: str = "和平社区", **changes: Any) -> dict[str, Any]:
    return {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": community,
        "社区代码": "",
        "名称": "便民服务点",
        "功能": "一站式服务窗口",
        "窗口数": "2个",
        "启用日期": "2018年3月1日",
    } | changes


# --- The model ---


@pytest.mark.parametrize(
    "fields",
    [
        {"functions": []},
        {"closed_on": datetime.date(2016, 4, 30)},
        {"name": "便 民服务点"},
    ],
    ids=str,
)
def test_a_point_that_must_not_be_is_refused_by_the_database(place, fields):
    make_point(place.street, "便民服务点")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_point(place.street, **{"name": "另一处", **fields})


def test_a_point_belongs_to_one_place(place):
    nowhere = ServicePoint(name="便民服务点", functions=["window"], opened_on=OPENED)
    nowhere.prepare_keys()
    with pytest.raises(IntegrityError), transaction.atomic():
        nowhere.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_point(place.street, community=place.communities[0])
    assert make_point(place.communities[0], "便民服务点").community == place.communities[0]
    assert make_point(place.communities[1], "便民服务点").division is None, "a name is once in a community"
    with pytest.raises(IntegrityError), transaction.atomic():
        make_point(place.communities[0], "便民服务点")


def test_points_are_found_by_one_of_their_functions(place):
    both = make_point(place.street, functions=["window", "volunteer"])
    station = make_point(place.street, functions=["social_work"])
    found = {kind: set(ServicePoint.objects.with_function(kind)) for kind in ServicePoint.Function}
    assert found == {"window": {both}, "org_platform": set(), "social_work": {station}, "volunteer": {both}}
    assert both.function_labels == "一站式服务窗口、志愿服务站"


# --- The sheet ---


def test_points_of_a_community_and_of_a_town_come_in(send, clerk, place):
    of_town = point_row("", 名称="街道便民服务中心", 窗口数=8, 全科受理="是")
    send("points", clerk, [point_row(全科受理=""), of_town], commit="all")
    at_community, at_town = ServicePoint.objects.order_by("windows")
    assert (at_community.community, at_community.division) == (place.communities[0], None)
    assert (at_community.functions, at_community.windows, at_community.opened_on) == (["window"], 2, OPENED)
    assert (at_town.community, at_town.division, at_town.accepts_all) == (None, place.street, True)


def test_the_same_name_at_the_same_place_is_the_same_point(send, clerk, place):
    known = make_point(place.communities[0], "便民服务点")
    at_town = make_point(place.street, "便民服务点")
    send("points", clerk, [point_row(窗口数="3"), point_row("", 窗口数="4")], commit="all")
    for point in (known, at_town):
        point.refresh_from_db()
    assert (known.windows, at_town.windows, ServicePoint.objects.count()) == (3, 4, 2)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"社区名称": "", "街道（乡镇）": ""}, "required"),
        ({"功能": ""}, "required"),
        ({"功能": "食堂"}, "bad_choice"),
        ({"启用日期": ""}, "required"),
        ({"停用日期": "2018-02-01"}, "date_order"),
        ({"窗口数": "-1"}, "negative_number"),
        ({"备注": "找19900001234"}, "personal_text"),
        ({"社区名称": "西垴头村"}, "unknown_place"),
    ],
    ids=str,
)
def test_a_wrong_row_is_refused_with_a_reason(send, clerk, place, changes, code):
    assert code in codes_of(send("points", clerk, [point_row(**changes)]))
    assert not ServicePoint.objects.exists()


# --- Pages ---


def test_the_list_is_filtered_by_function_state_level_and_acceptance(place, clerk, officer, signed_in):
    window = make_point(place.communities[0], "甲", accepts_all=True)
    station = make_point(place.street, "乙", functions=["social_work"], windows=None, posts=2)
    closed = make_point(place.street, "丙", closed_on=datetime.date(2018, 1, 1))
    make_point(place.rural_town, "丁")
    browser, address = signed_in(clerk), reverse("communities:point_list")

    def found(**asked):
        return {row.record for row in browser.get(address, asked).context["table"].rows}

    assert found() == {window, station, closed}
    assert found(function="social_work") == {station}
    assert found(in_use="yes") == {window, station}
    assert found(in_use="no") == {closed}
    assert found(level="community") == {window}
    assert found(accepts_all="yes") == {window}
    assert found(accepts_all="none") == {station, closed}
    assert found(q="乙") == {station}
    assert found(on_day="2017-12-31") == {window, station, closed}
    assert len(signed_in(officer).get(address).context["table"].rows) == 4


def test_the_page_of_a_point_and_of_its_community_show_it(place, clerk, leader, signed_in):
    point = make_point(place.communities[0], "便民服务点", functions=["window", "volunteer"], accepts_all=True, posts=3)
    page = markup_of(signed_in(clerk).get(point.get_absolute_url()))
    assert all(
        told in page for told in ("便民服务点", "一站式服务窗口、志愿服务站", "全科受理", "社工岗位数", "和平社区")
    )
    community = place.communities[0].get_absolute_url()
    assert point.get_absolute_url() in markup_of(signed_in(clerk).get(community))
    shown = markup_of(signed_in(leader).get(community))
    assert "便民服务点" in shown and point.get_absolute_url() not in shown, "leaders open no register"


# --- Quality ---


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"windows": None}, "point_without_windows"),
        ({"windows": 0}, "point_without_windows"),
        ({"functions": ["volunteer"]}, "windows_without_function"),
        ({"functions": ["volunteer"], "windows": None, "accepts_all": True}, "windows_without_function"),
        ({"posts": 2}, "posts_without_station"),
    ],
    ids=str,
)
def test_what_does_not_fit_together_is_found_while_the_point_is_in_use(place, fields, rule):
    for where in (place.communities[0], place.street):
        point = make_point(where, **fields)
        assert refs_found_by(rule, place.street) == {point.ref}
        assert refs_found_by(rule, place.other_county) == set()
        ServicePoint.objects.filter(pk=point.pk).update(closed_on=datetime.date(2018, 6, 1))
        assert refs_found_by(rule, place.street) == set()


def test_points_that_fit_are_not_found(place):
    make_point(place.street, functions=["window", "social_work"], posts=2, accepts_all=True)
    make_point(place.communities[0], functions=["org_platform"], windows=None)
    rules = ("point_without_windows", "windows_without_function", "posts_without_station", "point_in_closed_community")
    assert [refs_found_by(rule, place.city) for rule in rules] == [set()] * 4


def test_a_point_in_a_closed_community_is_found(place):
    gone = make_community(place.street, closed_on=datetime.date(2018, 5, 1))
    point = make_point(gone)
    assert refs_found_by("point_in_closed_community", place.street) == {point.ref}


# --- Changes of divisions ---


def test_points_of_a_closing_town_follow_it_and_those_that_have_ended_stay(place, administrator):
    point, ended = make_point(place.street, "街道便民服务中心"), make_point(place.street, "老站", closed_on=OPENED)
    of_community = make_point(place.communities[0], "便民服务点")
    change("rename", place.county, "140409", "东城区")
    (applied,) = apply_division_changes(by=administrator)
    for each in (point, ended, of_community):
        each.refresh_from_db()
    assert point.division.full_name == "东城区东街街道办事处"
    assert (ended.division, of_community.community) == (place.street, place.communities[0])
    assert list(applied.moved) == ["服务站点：城区东街街道办事处“街道便民服务中心”转到东城区东街街道办事处"]


def test_points_of_merged_towns_keep_their_names_apart_and_come_back_when_it_is_undone(place, administrator, clerk):
    standing = make_point(place.street, "便民服务中心")
    coming = make_point(place.other_street, "便民服务中心")
    noted = change("merge", place.other_street, place.street.code, place.street.name)
    change("merge", place.street, place.street.code, place.street.name)
    (applied,) = apply_division_changes(by=administrator)
    coming.refresh_from_db()
    assert (coming.division, coming.name) == (place.street, "便民服务中心（原西街街道办事处）")
    assert "那里已有同名的站点，改称“便民服务中心（原西街街道办事处）”" in applied.moved[0]
    noted.refresh_from_db()
    undo_division_changes(change_set=change_set_of(noted), by=administrator)
    for each in (standing, coming):
        each.refresh_from_db()
    assert (coming.division, coming.name) == (place.other_street, "便民服务中心")
    assert (standing.division, standing.name) == (place.street, "便民服务中心")
    assert set(ServicePoint.objects.filter(name_key=standing.name_key)) == {standing, coming}


def test_a_row_with_the_old_town_finds_the_point_that_moved(send, place, clerk, administrator):
    point = make_point(place.street, "便民服务点")
    second = make_division("140411", "郊区", place.city)
    for old in (place.county, second):
        change("merge", old, "140403", "潞州区")
    apply_division_changes(by=administrator)
    clerk.refresh_from_db()
    send("points", clerk, [point_row("", 窗口数="5")], commit="all")
    point.refresh_from_db()
    assert (point.windows, ServicePoint.objects.count()) == (5, 1)
