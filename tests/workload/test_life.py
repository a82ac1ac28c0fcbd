"""Tests of an application's life: limits, who decides, what ends by itself (each move by each role: tests/changelog/test_flows.py)."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Role, User
from changelog.models import ChangeSet
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from tests.factories import Place, make_user, make_work_item
from tests.workload.applications import application
from workload.actions import change_application, draw_number, end_expired, new_application
from workload.flow import FLOW
from workload.models import WorkItem
from workload.tasks import end_expired_items

pytestmark = pytest.mark.django_db
State = WorkItem.State
NOTE = "经费不够，请增加"
TODAY = datetime.date(2018, 6, 4)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let today be 2018-06-04, or what the function is called with."""

    def let_it_be(day: datetime.date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: day)

    let_it_be(TODAY)
    return let_it_be


def moved(item: WorkItem, code: str, by: User | None, note: str = "") -> WorkItem:
    return FLOW.make(WorkItem.objects.get(pk=item.pk), code, by=by, note=note)


@pytest.fixture
def department_clerk(place: Place) -> User:
    """Return 部门经办员 of an office of 城区."""
    return make_user(Role.DEPARTMENT_CLERK, place.county)


def test_city_departments_are_decided_by_the_bureau_and_those_of_a_street_by_its_county(
    place: Place, officer: User, clerk: User, other_clerk: User
) -> None:
    of_city, of_street = application(place.city), application(place.street)
    assert FLOW.offered(of_city, officer) and not FLOW.offered(of_city, clerk)
    assert FLOW.offered(of_street, clerk) and not FLOW.offered(of_street, officer)
    for item, user in ((of_city, clerk), (of_street, officer), (of_street, other_clerk)):
        with pytest.raises(NotAllowedError):
            moved(item, "approve", user)
    assert moved(of_city, "approve", officer).state == State.APPROVED
    assert moved(of_street, "approve", clerk).state == State.APPROVED


def test_the_way_from_application_to_end(place: Place, department_clerk: User, clerk: User, today: Any) -> None:
    draft = new_application(by=department_clerk, values=VALUES)
    assert (draft.state, draft.number, draft.division, draft.department) == (
        State.DRAFT,
        "140402-2018-0001",
        place.county,
        department_clerk.department,
    )
    submitted = moved(draft, "submit", department_clerk)
    # 15 working days after Monday 2018-06-04, over the Dragon Boat Festival of 18 June.
    assert (submitted.submitted_on, submitted.due_on) == (TODAY, datetime.date(2018, 6, 26))
    returned = moved(draft, "return", clerk, NOTE)
    changed = change_application(
        by=department_clerk, ref=draft.ref, version=returned.version, values={**VALUES, "yearly_funds": Decimal(1_200)}
    )
    assert changed.yearly_funds == 1_200
    moved(draft, "submit", department_clerk)
    today(datetime.date(2018, 6, 25))
    approved = moved(draft, "approve", clerk)
    assert (approved.state, approved.decided_on, approved.decided_in) == (
        State.APPROVED,
        datetime.date(2018, 6, 25),
        14,
    )
    today(datetime.date(2018, 10, 1))
    ended = moved(draft, "end", clerk, "居民不认可")
    assert (ended.state, ended.valid_to) == (State.ENDED, datetime.date(2018, 10, 1))
    steps = list(draft.steps.values_list("move", flat=True))
    assert steps == ["submit", "return", "submit", "approve", "end"]
    # Only the words of an application are in the change log; its moves are steps.
    assert [each.summary for each in ChangeSet.objects.order_by("pk")] == [
        "新增准入申请：140402-2018-0001演示普查协助",
        "修改准入申请：140402-2018-0001演示普查协助",
    ]


VALUES = {
    "name": "演示普查协助",
    "kind": "task",
    "listed_as": "admitted",
    "basis": "演示文件〔2018〕3号",
    "role": "assisting",
    "forbidden_field": "",
    "applies_to": "all",
    "term": "lasting",
    "valid_from": datetime.date(2018, 9, 1),
    "valid_to": None,
    "has_veto": False,
    "yearly_funds": Decimal(800),
    "payment": "budget",
    "conditions": "配备设备",
    "opinions": "",
    "note": "",
}


@pytest.mark.parametrize(
    ("change", "sentence", "field"),
    [
        ({"yearly_funds": None}, "必须提供经费和必要的工作条件。［四（一）4］", "yearly_funds"),
        ({"has_veto": True}, "取消一票否决。［四（一）4］", "has_veto"),
        ({"opinions": "张三13812345678同意"}, "“征求社区意见”里有手机号", "opinions"),
        ({"note": "14040219700101001X"}, None, ""),
        ({"term": "temporary"}, "临时事项请填写“止”。", ""),
        ({"valid_to": datetime.date(2018, 8, 1)}, "“止”早于“起”", ""),
    ],
)
def test_an_application_against_the_rules_is_not_saved(department_clerk: User, change, sentence, field) -> None:
    if sentence is None:  # a number without the right check character says nothing
        assert new_application(by=department_clerk, values={**VALUES, **change}).pk
        return
    with pytest.raises(InvalidError) as refusal:
        new_application(by=department_clerk, values={**VALUES, **change})
    assert sentence in str(refusal.value) and refusal.value.field == field
    assert not WorkItem.objects.exists() and not ChangeSet.objects.exists()


def test_what_a_kind_does_not_ask_is_emptied(department_clerk: User) -> None:
    sign = new_application(by=department_clerk, values={**VALUES, "kind": "sign", "placement": "indoors"})
    assert (sign.yearly_funds, sign.conditions, sign.payment, sign.placement) == (None, "", "", "indoors")


def test_nobody_else_applies_and_what_is_submitted_is_not_changed(clerk: User, department_clerk: User) -> None:
    with pytest.raises(NotAllowedError, match="只有部门经办员"):
        new_application(by=clerk, values=VALUES)
    item = new_application(by=department_clerk, values=VALUES)
    with pytest.raises(StaleError, match="又有改动"):
        change_application(by=department_clerk, ref=item.ref, version=7, values=VALUES)
    moved(item, "submit", department_clerk)
    with pytest.raises(StaleError, match="现在是“待审定”"):
        change_application(by=department_clerk, ref=item.ref, version=2, values=VALUES)
    with pytest.raises(NotFoundError):
        change_application(by=make_user(Role.DEPARTMENT_CLERK, item.division), ref=item.ref, version=2, values=VALUES)


def test_numbers_are_drawn_by_county_and_year_without_gaps(place: Place, department_clerk: User) -> None:
    street = make_user(Role.DEPARTMENT_CLERK, place.street)
    numbers = [new_application(by=user, values=VALUES).number for user in (department_clerk, street, department_clerk)]
    assert numbers == ["140402-2018-0001", "140402-2018-0002", "140402-2018-0003"]
    with pytest.raises(InvalidError), transaction.atomic():
        new_application(by=department_clerk, values={**VALUES, "yearly_funds": None})
    assert draw_number(place.county, TODAY) == "140402-2018-0004"
    assert draw_number(place.county, datetime.date(2019, 1, 2)) == "140402-2019-0001"
    assert draw_number(place.city, TODAY) == "140400-2018-0001"


def test_approval_takes_from_the_registers_what_they_hold(place: Place, clerk: User) -> None:
    survey = application(place.county, kind="survey", asked="总户数、低保户数")
    approved = moved(survey, "approve", clerk)
    assert approved.held == "总户数（社区登记表“户数”）"
    nothing_new = application(place.county, kind="survey", asked="总户数、常住人口")
    with pytest.raises(InvalidError, match="系统都已有，不得重复采集，请从系统取用"):
        moved(nothing_new, "approve", clerk)
    twice = application(place.street, kind="survey", asked="低保户数")
    with pytest.raises(InvalidError, match="系统都已有"):
        moved(twice, "approve", clerk)  # the county's survey collects it
    elsewhere = application(place.other_county, kind="survey", asked="低保户数")
    assert moved(elsewhere, "approve", make_user(Role.DISTRICT_CLERK, place.other_county)).held == ""


def test_what_has_come_to_its_end_is_ended_at_night_once(place: Place) -> None:
    over = make_work_item(place.county, valid_to=TODAY)
    lasting, later = make_work_item(place.county), make_work_item(place.county, valid_to=TODAY + datetime.timedelta(1))
    assert end_expired(TODAY) == 1
    end_expired_items()
    assert dict(WorkItem.objects.values_list("pk", "state")) == {
        over.pk: State.ENDED,
        lasting.pk: State.APPROVED,
        later.pk: State.APPROVED,
    }
    step = over.steps.get()
    assert (step.move, step.made_by) == ("expire", None)


def test_what_ends_before_it_begins_never_holds(place: Place, clerk: User) -> None:
    item = make_work_item(place.county, valid_from=datetime.date(2018, 9, 1))
    ended = moved(item, "end", clerk, "不再需要")
    assert ended.valid_to == ended.valid_from
    assert not WorkItem.objects.in_force_on(datetime.date(2018, 9, 1)).exists()


def test_everybody_sees_what_holds_in_the_own_area_and_nothing_else(
    place: Place,
    clerk: User,
    other_clerk: User,
    street_clerk: User,
    officer: User,
    leader: User,
    department_clerk: User,
) -> None:
    of_city, of_county = make_work_item(place.city, "市"), make_work_item(place.county, "县")
    of_street, elsewhere = make_work_item(place.street, "街"), make_work_item(place.other_county, "外县")
    waiting, draft = application(place.county, name="待审"), application(place.county, State.DRAFT, name="草稿")
    city_waiting = application(place.city, name="市待审")

    def seen(user: User) -> set[str]:
        return {item.name for item in WorkItem.objects.visible_to(user)}

    assert seen(clerk) == {"市", "县", "街", "待审"}
    assert seen(other_clerk) == {"市", "外县"}
    assert seen(street_clerk) == {"市", "县", "街"}
    assert seen(department_clerk) == {"市", "县", "街"}
    assert seen(leader) == {"市", "县", "街", "外县"}
    assert seen(officer) == {"市", "县", "街", "外县", "待审", "市待审"}
    assert {of_city, of_county, of_street, elsewhere, waiting, draft, city_waiting} == set(WorkItem.objects.all())


@pytest.mark.parametrize(
    "wrong",
    [
        {"term": "temporary"},
        {"valid_to": datetime.date(2017, 1, 1)},
        {"yearly_funds": Decimal(-1)},
        {"state": State.SUBMITTED},
        {"decided_on": TODAY},
        {"submitted_on": TODAY, "due_on": TODAY, "decided_on": datetime.date(2018, 6, 1), "decided_in": 0},
    ],
)
def test_the_database_refuses_what_cannot_be(place: Place, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_work_item(place.county, **wrong)
