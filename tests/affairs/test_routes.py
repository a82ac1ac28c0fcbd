"""Tests of the sheet of routes: who keeps which, departments, promises that may only be shorter, 实施编码."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from affairs.models import ItemRoute
from affairs.sheets.routes import code_problem
from tests.affairs.rows import route_row
from tests.factories import credit_code, make_department, make_item, make_route, make_user
from tests.quality import refs_found_by
from tests.uploads.office import codes_of

pytestmark = pytest.mark.django_db
BASIC = "000511001000"


@pytest.fixture
def item(place):
    return make_item(place.city, code="SX-1", catalogue_code=BASIC)


@pytest.fixture
def offices(place):
    return {each: make_department(each, "统计局") for each in (place.city, place.county, place.street)}


def test_counties_and_the_bureau_keep_it_and_others_do_not(
    send, item, offices, clerk, officer, administrator, street_clerk, place
):
    assert send("routes", clerk, [route_row()], commit="all")["new"] == 1
    assert send("routes", officer, [route_row()], commit="all")["new"] == 1
    rows = [route_row(**{"县（市、区）": "城区", "街道（乡镇）": "东街街道办事处"})]
    assert send("routes", administrator, rows, commit="all")["new"] == 1
    assert codes_of(send("routes", street_clerk, [route_row(备注="演示")])) == ["out_of_scope"]
    routes = ItemRoute.objects.order_by("division__code")
    assert [(route.division, route.department) for route in routes] == list(offices.items())
    assert ItemRoute.objects.filter(is_entered=True, state="in_use").count() == 3


def test_a_county_writes_no_route_of_another(send, item, offices, other_clerk):
    answer = send("routes", other_clerk, [route_row(**{"县（市、区）": "城区"})])
    assert codes_of(answer) == ["out_of_scope"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"事项编码": "SX-9"}, "bad_choice"),
        ({"承办部门": "民政局"}, "bad_choice"),
        ({"承诺时限（工作日）": 6}, "bad_number"),  # the item promises 5
        ({"实施编码": "123"}, "bad_number"),
        ({"止": "2017-12-31"}, "date_order"),
        ({"起": ""}, "required"),
    ],
)
def test_what_no_route_can_be_is_refused(send, item, offices, clerk, changes, code):
    assert codes_of(send("routes", clerk, [route_row(**changes)])) == [code]


def test_a_promise_may_be_as_long_or_shorter_and_counts_while_it_is(send, item, offices, clerk):
    assert send("routes", clerk, [route_row(**{"承诺时限（工作日）": 5})], commit="all")["new"] == 1
    assert send("routes", clerk, [route_row(**{"承诺时限（工作日）": 3})], commit="all")["changed"] == 1
    route, version = ItemRoute.objects.get(), item.versions.get()
    assert route.days_under(version) == 3
    version.promised_days = 2
    assert route.days_under(version) == 2
    route.promised_days = None
    assert route.days_under(version) == 2


def test_an_implementation_code_says_office_level_and_item(item, place):
    office = credit_code(5)
    assert code_problem(f"{office}4{BASIC}", place.county, item) == ""
    assert code_problem(f"{office}3{BASIC}", place.city, item) == ""
    assert code_problem(f"{office}5{BASIC}", place.street, item) == ""
    for code, told in (
        (f"{office}4{BASIC[:-1]}", "现有30位"),
        (f"{office[:-1]}_4{BASIC}", "不是统一社会信用代码"),
        (f"{office}3{BASIC}", "城区应为4，现在是3"),
        (f"{office}4000511002000", f"基本编码{BASIC}相同"),
        (f"{office}400051100200A", "应为数字"),
    ):
        assert told in code_problem(code, place.county, item), code
    item.catalogue_code = ""
    assert code_problem(f"{office}4000511002000", place.county, item) == "", "an item without a basic code takes any"


def test_an_implementation_code_comes_in_by_the_sheet(send, item, offices, clerk):
    code = f"{credit_code(5)}4{BASIC}"
    assert send("routes", clerk, [route_row(实施编码=code)], commit="all")["new"] == 1
    assert ItemRoute.objects.get().implementation_code == code
    with pytest.raises(IntegrityError), transaction.atomic():
        ItemRoute.objects.update(implementation_code="123")


def test_an_item_has_one_lasting_route_in_a_place(place, item):
    make_route(place.county, item, valid_to=datetime.date(2018, 1, 1))
    make_route(place.county, item)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_route(place.county, item)


def test_a_route_is_found_again_by_item_and_place(send, item, offices, clerk, place):
    ended = make_route(place.county, item, department=offices[place.county], valid_to=datetime.date(2018, 1, 1))
    lasting = make_route(place.county, item, department=offices[place.county])
    send("routes", clerk, [route_row(进驻综合窗口="否")], commit="all")
    for route in (ended, lasting):
        route.refresh_from_db()
    assert (ended.is_entered, lasting.is_entered) == (True, False)


def test_everybody_reads_the_routes_of_the_own_area_and_of_those_above(place, item):
    own, above, beside = (make_route(each, item) for each in (place.street, place.city, place.other_county))
    for role in (Role.WINDOW_CLERK, Role.DEPARTMENT_CLERK, Role.STREET_CLERK):
        seen = set(ItemRoute.objects.visible_to(make_user(role, place.street)))
        assert seen == {own, above}
    assert set(ItemRoute.objects.visible_to(make_user(Role.SYSTEM_ADMIN, place.city))) == {own, above, beside}
    assert set(ItemRoute.objects.visible_to(None)) == set()


def test_what_changed_after_a_route_was_entered_is_found(place, item):
    longer = make_route(place.county, item, promised_days=6)
    make_route(place.street, item, promised_days=5)
    orphan = make_route(
        place.other_county, item, department=make_department(place.other_county, closed_on=datetime.date(2018, 5, 1))
    )
    assert refs_found_by("route_promises_longer", place.city) == {longer.ref}
    assert refs_found_by("route_of_closed_department", place.city) == {orphan.ref}
    ItemRoute.objects.update(state="paused")
    assert refs_found_by("route_promises_longer", place.city) == set()


def test_materials_that_communities_certify_no_more_are_found_from_april_2020(place):
    named = make_item(place.city, materials="婚姻状况证明；居民身份证")
    make_item(place.city, materials="无犯罪记录证明", state="cancelled")
    make_item(place.city, materials="出生证明", valid_to=datetime.date(2020, 1, 1))
    assert refs_found_by("material_is_ended_certificate", place.city, "2020-04") == {named.ref}
    assert refs_found_by("material_is_ended_certificate", place.city, "2020-03") == set()
