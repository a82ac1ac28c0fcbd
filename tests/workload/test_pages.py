"""Tests of the pages of burden relief: what each role finds and does there, and what the pages say."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from changzhi_portal.pages.panels import home_panels
from tests.factories import Place, make_user, make_work_item
from tests.queries import queries_of
from workload.models import WorkItem

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
LIST, WAITING, APPLY = "/workload/items/", "/workload/waiting/", "/workload/apply/"
TODAY = datetime.date(2018, 6, 4)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let today be 2018-06-04."""
    monkeypatch.setattr(timezone, "localdate", lambda *_: TODAY)


@pytest.fixture
def department_clerk(place: Place) -> User:
    return make_user(Role.DEPARTMENT_CLERK, place.county)


def waiting(division: Any, **fields: Any) -> WorkItem:
    values = {
        "state": "submitted",
        "submitted_on": datetime.date(2018, 5, 21),
        "due_on": datetime.date(2018, 6, 11),
        "valid_from": datetime.date(2018, 9, 1),
        **fields,
    }
    return make_work_item(division, **values)


def actions(answer: Any) -> list[str]:
    return [action.title for action in answer.context["actions"]]


def names(answer: Any) -> set[str]:
    return {row.record.name for row in answer.context["table"].rows}


def given(**changes: Any) -> dict[str, Any]:
    return {
        "name": "演示普查协助",
        "listed_as": "admitted",
        "basis": "演示文件〔2018〕3号",
        "role": "assisting",
        "applies_to": "all",
        "term": "lasting",
        "valid_from": "2018-09-01",
        "yearly_funds": "800",
        "payment": "budget",
        "conditions": "配备设备",
        **changes,
    }


def test_the_list_shows_what_holds_in_the_area_and_what_it_pays(place: Place, street_clerk: User, signed_in) -> None:
    make_work_item(place.city, "市事项")
    make_work_item(place.county, "县事项", yearly_funds=Decimal(1_200))
    make_work_item(place.other_county, "外县事项")
    make_work_item(place.county, "旧事项", valid_to=TODAY)
    waiting(place.county, name="待审事项")
    answer = signed_in(street_clerk).get(LIST)
    assert names(answer) == {"市事项", "县事项"}
    page = answer.content.decode()
    assert "1,200.00" in page and "登记事项" not in page and "申请准入" not in page
    assert names(signed_in(street_clerk).get(LIST, {"state": "all"})) == {"市事项", "县事项", "旧事项"}
    assert names(signed_in(street_clerk).get(LIST, {"on_day": "2018-03-01", "state": "all"})) >= {"旧事项"}
    assert names(signed_in(street_clerk).get(LIST, {"q": "县事项"})) == {"县事项"}


def test_each_role_has_its_main_action(
    place: Place, clerk: User, officer: User, department_clerk: User, signed_in
) -> None:
    for user in (clerk, officer):
        assert ">登记事项</a>" in signed_in(user).get(LIST).content.decode()
    page = signed_in(department_clerk).get(LIST).content.decode()
    assert ">申请准入</a>" in page and "登记事项" not in page


def test_the_number_of_queries_does_not_grow_with_the_rows(place: Place, clerk: User, signed_in) -> None:
    browser = signed_in(clerk)

    def asked(address: str) -> int:
        return len(queries_of(lambda: browser.get(address)))

    make_work_item(place.county)
    waiting(place.county)
    few = [asked(LIST), asked(WAITING), asked("/")]
    for _ in range(5):
        make_work_item(place.county)
        waiting(place.county)
    assert [asked(LIST), asked(WAITING), asked("/")] == few


def test_applying_asks_what_the_kind_needs(department_clerk: User, signed_in) -> None:
    browser = signed_in(department_clerk)
    kinds = browser.get(APPLY).content.decode()
    assert "台账报表" in kinds and "考核评比" in kinds and f'href="{APPLY}assessment/"' not in kinds
    sign, task = browser.get(f"{APPLY}sign/"), browser.get(f"{APPLY}task/")
    assert "placement" in sign.context["form"].fields and "yearly_funds" not in sign.context["form"].fields
    assert "yearly_funds" in task.context["form"].fields and "placement" not in task.context["form"].fields
    for nothing in ("assessment", "nonsense"):
        assert browser.get(f"{APPLY}{nothing}/").status_code == 404


def test_an_application_without_money_is_refused_at_its_field(department_clerk: User, signed_in) -> None:
    browser = signed_in(department_clerk)
    refused = browser.post(f"{APPLY}task/", given(yearly_funds=""))
    assert refused.status_code == 422
    assert refused.context["form"].errors["yearly_funds"] == [
        "需要社区协助的事项，必须提供经费和必要的工作条件。［四（一）4］"
    ]
    assert not WorkItem.objects.exists()


def test_an_application_is_saved_shown_changed_and_submitted(department_clerk: User, signed_in) -> None:
    browser = signed_in(department_clerk)
    saved = browser.post(f"{APPLY}survey/", given(asked="1.总户数\n2.低保户数\n2.低保户数"), follow=True)
    item = WorkItem.objects.get()
    assert item.columns_asked == ["1.总户数", "2.低保户数"]
    assert actions(saved) == ["提交", "修改"]
    page = saved.content.decode()
    assert "总户数：系统已有，不得重复采集（社区登记表“户数”）" in page
    form = browser.get(reverse("workload:change", args=[item.ref])).context["form"]
    assert form["asked"].value() == "1.总户数\n2.低保户数"
    changed = given(asked="低保户数", version="1", name="演示低保户调查")
    assert browser.post(reverse("workload:change", args=[item.ref]), changed).status_code == 302
    move = reverse("workload:move", args=[item.ref, "submit"])
    assert "30个工作日" not in browser.get(move).content.decode()
    answer = browser.post(move, {"seen": "2"}, follow=True)
    assert actions(answer) == [] and "等待审定，最迟2018-06-26审定，还有15个工作日" in answer.content.decode()


def test_an_application_at_short_notice_is_warned_of(department_clerk: User, signed_in) -> None:
    browser = signed_in(department_clerk)
    answer = browser.post(f"{APPLY}task/", given(valid_from="2018-07-16"), follow=True)
    assert "到2018-07-16只有29个工作日" in answer.content.decode()


def test_who_decides_sees_what_waits_with_the_days_left(
    place: Place, clerk: User, officer: User, other_clerk: User, signed_in
) -> None:
    item = waiting(place.county, name="县申请")
    waiting(place.city, name="市申请")
    page = signed_in(clerk).get(WAITING)
    assert names(page) == {"县申请"}
    assert "5天" in page.content.decode() and f'href="{reverse("workload:move", args=[item.ref, "approve"])}"' in (
        page.content.decode()
    )
    assert names(signed_in(officer).get(WAITING)) == {"市申请"}
    assert names(signed_in(other_clerk).get(WAITING)) == set()
    home = signed_in(clerk).get("/").content.decode()
    assert "待办准入" in home and "县申请" in home and "还有5个工作日" in home


def test_what_is_late_is_said(place: Place, clerk: User, signed_in) -> None:
    item = waiting(place.county, due_on=datetime.date(2018, 6, 1))
    browser = signed_in(clerk)
    assert "已超期" in browser.get(WAITING).content.decode()
    assert "审定期限2018-06-01已经过了" in browser.get(item.get_absolute_url()).content.decode()


def test_a_county_decides_with_a_reason_that_the_department_reads(
    place: Place, clerk: User, department_clerk: User, signed_in
) -> None:
    item = waiting(place.county, department=department_clerk.department)
    browser = signed_in(clerk)
    assert actions(browser.get(item.get_absolute_url())) == ["批准", "退回", "不予准入"]
    address = reverse("workload:move", args=[item.ref, "return"])
    assert browser.post(address, {"seen": "1", "note": ""}).status_code == 422
    assert browser.post(address, {"seen": "1", "note": "经费偏低"}).status_code == 302
    own = signed_in(department_clerk)
    page = own.get(item.get_absolute_url())
    assert "退回的理由：经费偏低" in page.content.decode() and actions(page) == ["提交", "修改"]
    request = RequestFactory().get("/")
    request.user = department_clerk
    panel = next(each for each in home_panels(request) if "applications" in each["template_name"])
    assert panel["groups"] == [("已退回", [item])] and panel["is_main"]
    shown = render_to_string(panel["template_name"], {"panel": panel})
    assert "已退回1件" in shown and 'class="btn btn-primary" href="/workload/apply/"' in shown


def test_a_county_is_not_offered_what_the_bureau_decides(place: Place, clerk: User, officer: User, signed_in) -> None:
    item = waiting(place.city)
    approve = reverse("workload:move", args=[item.ref, "approve"])
    assert signed_in(clerk).get(item.get_absolute_url()).status_code == 404  # nobody's business before it holds
    assert signed_in(clerk).get(approve).status_code == 404
    of_county = waiting(place.county)
    answer = signed_in(officer).get(of_county.get_absolute_url())
    assert actions(answer) == []
    approve = reverse("workload:move", args=[of_county.ref, "approve"])
    assert signed_in(officer).get(approve).status_code == 403


def test_the_approval_says_what_is_taken_from_the_system(place: Place, clerk: User, signed_in) -> None:
    item = waiting(place.county, kind="survey", asked="总户数、低保户数")
    browser = signed_in(clerk)
    approve = reverse("workload:move", args=[item.ref, "approve"])
    assert "批准的只是其余的" in browser.get(approve).content.decode()
    done = browser.post(approve, {"seen": "1", "note": ""}, follow=True)
    assert "批准采集的是其余的项目" in done.content.decode() and "社区登记表“户数”" in done.content.decode()
    assert actions(done) == ["修改", "终止"]


def test_departments_and_windows_open_no_other_register(place: Place, department_clerk: User, signed_in) -> None:
    browser = signed_in(department_clerk)
    assert browser.get(LIST).status_code == 200 and browser.get(WAITING).status_code == 403
    assert browser.get("/workload/assessments/").status_code == 403
    assert signed_in(make_user(Role.WINDOW_CLERK, place.county)).get(LIST).status_code == 403


def test_the_search_finds_an_item_in_force(place: Place, street_clerk: User, signed_in) -> None:
    make_work_item(place.county, "演示养犬台账")
    answer = signed_in(street_clerk).post("/search/", {"q": "养犬台账"}, follow=True)
    assert "演示养犬台账" in answer.content.decode()
