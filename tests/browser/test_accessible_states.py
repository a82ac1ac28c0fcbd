"""axe-core over what a page becomes by a query, a refusal or a click; and where the focus is after a refusal."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import Role, User
from submissions.actions import submit_month
from targets.actions import compute_period
from targets.models import Target
from tests.browser.axe import bring_axe_into, obstacles_in
from tests.factories import make_facility, make_organization, make_period, make_profile, make_user
from tests.submissions.reporting import doubtful_facility, explained, make_due
from tests.uploads.office import write_workbook
from tests.uploads.samples import upload
from uploads.models import UploadBatch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]

REFUSAL = "main .is-invalid, main .invalid-feedback, main [role=alert]:not([hidden])"
# Has the focus something that says what was wrong?
FOCUS = """() => {
    const at = document.activeElement;
    const says = at && at !== document.body && (at.matches("[role=alert], .is-invalid, [aria-invalid=true]")
        || at.querySelector(".is-invalid, [aria-invalid=true]") || at.closest("fieldset, .mb-3")?.querySelector(".invalid-feedback"));
    return says ? "" : (at ? at.outerHTML.slice(0, 120) : "nothing");
}"""


@pytest.mark.timeout(600)
def test_pages_with_a_choice_made_or_a_menu_open_are_free_of_obstacles(place, filled, officer, one_screen):
    page, take_session = one_screen
    bring_axe_into(page)
    make_profile(place.communities[0], residents=3_600, as_of=datetime.date(2018, 6, 30))
    make_facility(place.other_communities[0], area=700)
    compute_period(make_period("2018-05"))
    compute_period(make_period())
    take_session(officer)
    county = place.county.code
    obstacles: list[Any] = []
    targets = Target.objects.filter(plan__code="2020", plan__is_current=True).values_list("code", flat=True)
    assert targets
    for address in (
        *(f"/dashboard/?division={county}&target={code}" for code in targets),
        f"/dashboard/?division={place.street.code}",
        f"/results/?target={targets[0]}&verdict=unmet",
        f"/results/?target={targets[0]}&county={county}&period=2018-06",
        f"/matrix/?sort={targets[0]}",
        "/compare/?period=2018-06&before=2018-05",
        f"/compare/?period=2018-06&before=2018-05&division={county}",
        "/search/?q=和平",
        "/search/?q=没有这样的名字",
        "/communities/?q=没有这样的名字",
        f"/communities/?target={targets[0]}&verdict=unmet&sort=-gap",
    ):
        page.goto(address)
        obstacles += obstacles_in(page, address)
    for address in ("/communities/", "/organizations/"):
        for menu in (".views:not(#export-menu)", "#export-menu"):
            page.goto(address)
            page.locator(f"{menu} > summary").click()
            obstacles += obstacles_in(page, f"{address}, {menu}", within=f"{menu} .views-menu")
    assert not obstacles, "\n".join(map(str, obstacles))


def test_pages_for_nobody_and_refusals_to_look_are_free_of_obstacles(place, filled, complaints, one_screen):
    page, take_session = one_screen
    bring_axe_into(page)
    obstacles = obstacles_in(page, "sign-in")
    page.goto("/no/such/page/")
    obstacles += obstacles_in(page, "nothing found, nobody")
    take_session(make_user(Role.LEADER, place.city))
    for address in ("/no/such/page/", "/facilities/"):
        page.goto(address)
        obstacles += obstacles_in(page, address)
    take_session(None)
    page.goto("/accounts/login/")
    for _ in range(5):
        page.get_by_label("用户名").fill(filled.username)
        page.get_by_label("密码").fill("Wrong-2018-x")
        page.get_by_role("button", name="登录").click()
        page.wait_for_load_state()
    obstacles += obstacles_in(page, "locked out")
    complaints.messages.clear()  # the statuses
    assert not obstacles, "\n".join(map(str, obstacles))


def _fill(fields: dict[str, str], button: str = "main button.btn-primary[type=submit]") -> Callable[[Page], None]:
    """Return a function that fills fields, named by selectors, and presses the page's main button, or another one."""

    def fill(page: Page) -> None:
        for selector, value in fields.items():
            page.locator(f"main {selector}").first.fill(value)
        page.locator(button).first.click()

    return fill


def _choose_in_bulk(page: Page) -> None:
    page.get_by_role("checkbox").nth(1).check()
    page.get_by_label("批量修改勾选的记录").select_option("类别")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="看看会改什么").click()


@pytest.mark.timeout(600)
def test_a_refused_form_has_the_focus_on_what_was_wrong_and_is_free_of_obstacles(
    place, filled, officer, complaints, one_screen
):
    page, take_session = one_screen
    bring_axe_into(page)
    page.on("dialog", lambda dialog: dialog.accept())  # what was typed is given up
    doubtful_facility(place)
    due = make_due()
    submit_month(period=due, county=place.county, by=filled, explanations=explained(due, place.county))
    facility = place.communities[0].facilities.order_by("pk")[0]
    refused: dict[str, list[tuple[str, Callable[[Page], None]]]] = {
        filled.username: [
            (f"/registers/facilities/{facility.ref}/edit/", _fill({"[name=area]": "五百多"})),
            ("/registers/organizations/new/", _fill({})),
            (f"/registers/facilities/{facility.ref}/end/", _fill({"[name=closed_on]": "2010-01-01"})),
            ("/uploads/new/", _fill({})),
            ("/organizations/", _choose_in_bulk),
            (
                f"/monthly/{place.communities[0].ref}/",
                _fill({f"[name=facilities-{facility.ref}-area]": "五百多"}),
            ),
            ("/accounts/password/", _fill({})),
            ("/views/new/?list=orgs:list", _fill({})),
        ],
        officer.username: [
            (
                reverse("submissions:submission", args=[f"201806-{place.county.code}"]),
                _fill({"[name=note]": " "}, "main button:has-text('退回')"),
            ),
        ],
        make_user(Role.BUREAU_ADMIN, place.city, "administrator").username: [
            ("/plans/2020/targets/urban_facility_area/", _fill({"[name=name]": " "})),
            ("/plans/2020/edit/", _fill({"[name=title]": " "})),
            ("/quality/thresholds/change/", _fill({"[name=largest_area]": "-5"})),
            ("/uploads/division-changes/", _fill({})),
            ("/periods/2018-06/dates/", _fill({"[name=due_on]": ""})),
        ],
    }
    obstacles: list[Any] = []
    lost: list[str] = []
    for username, forms in refused.items():
        take_session(User.objects.get(username=username))
        for address, spoil in forms:
            page.set_viewport_size({"width": 1366, "height": 800})
            page.goto(address)
            spoil(page)
            page.locator(REFUSAL).first.wait_for(state="attached")
            where = f"{address}, refused"
            if at := page.evaluate(FOCUS):
                lost.append(f"{where}: the focus is on {at}")
            obstacles += obstacles_in(page, where)
    complaints.messages.clear()  # the statuses
    assert not lost, "\n".join([*lost, *map(str, obstacles)])
    assert not obstacles, "\n".join(map(str, obstacles))


def test_a_checked_file_with_faults_is_free_of_obstacles(place, filled, complaints, one_screen, tmp_path, capsys):
    page, take_session = one_screen
    bring_axe_into(page)
    make_organization(place.communities[1], "演示协会")
    row = {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": "和平社区",
        "设施名称": "党群服务中心",
        "设施类型": "综合服务设施",
        "建筑面积（㎡）": "520",
        "启用日期": "2016年5月",
    }
    facility = place.communities[1].facilities.get()
    rows = [
        row,
        row | {"设施名称": "文化站", "建筑面积（㎡）": "五百多", "启用日期": "2018.13.1"},
        row | {"设施名称": "图书室", "设施类型": "车库"},
        row | {"社区名称": "没有的社区"},
        row | {"社区名称": "东关社区", "设施名称": facility.name, "建筑面积（㎡）": "30000"},
    ]
    path = write_workbook(tmp_path / "演示数据.xlsx", rows)
    answer, _ = upload(capsys, "facilities", path, filled)
    ref = UploadBatch.objects.get(pk=answer["batch"]).ref
    take_session(filled)
    obstacles: list[Any] = []
    for address in (f"/uploads/{ref}/", f"/uploads/{ref}/correct/", "/uploads/", "/"):
        page.goto(address)
        obstacles += obstacles_in(page, address)
    assert not obstacles, "\n".join(map(str, obstacles))
