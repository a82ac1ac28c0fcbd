"""Tests of the sheets of burden relief: whose items rows are, what the rules refuse of them, scores and their totals."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Role, User
from changelog.actions import edit_record
from changzhi_portal.refusals import NotFoundError
from tests.factories import Place, make_department, make_user, make_work_item
from tests.uploads.office import Send, codes_of
from workload.models import Assessment, WorkItem
from workload.sheets import WorkItemSheet

pytestmark = pytest.mark.django_db


def row(**changes: Any) -> dict[str, Any]:
    return {
        "编号": "CQ-1",
        "名称": "演示普查协助",
        "类别": "工作事项",
        "清单": "协助",
        "县（市、区）": "",
        "街道（乡镇）": "",
        "提出部门": "统计局",
        "依据": "演示文件〔2018〕1号",
        "居（村）委会角色": "协助",
        "禁止领域": "",
        "一票否决": "否",
        "适用": "全部",
        "期限": "长期",
        "起": "2018-01-01",
        "止": "",
        "每社区年经费（元）": "800",
        "人员设备培训": "配备设备",
        "采集项目": "",
    } | changes


@pytest.fixture
def departments(place: Place) -> None:
    """Create 统计局 of the city, of 城区 and of 襄垣县, and 综合办 of 东街街道."""
    for division in (place.city, place.county, place.other_county):
        make_department(division, "统计局")
    make_department(place.street, "综合办")


def test_a_row_becomes_an_item_in_force_of_the_own_office(send: Send, clerk: User, place: Place, departments) -> None:
    answer = send("work_items", clerk, [row()], commit="all")
    assert (answer["new"], answer["problems"]) == (1, [])
    item = WorkItem.objects.get()
    assert (item.state, item.division, item.department.name, item.yearly_funds, item.has_veto) == (
        "approved",
        place.county,
        "统计局",
        Decimal(800),
        False,
    )
    again = send("work_items", clerk, [row(**{"每社区年经费（元）": "0.12万"})], commit="all")
    assert (again["new"], again["changed"]) == (0, 1)
    assert WorkItem.objects.get().yearly_funds == 1_200


def test_an_item_may_be_of_a_street_and_the_citys_are_the_bureaus(
    send: Send, clerk: User, officer: User, place: Place, departments
) -> None:
    send("work_items", clerk, [row(**{"街道（乡镇）": "东街街道办事处", "提出部门": "综合办"})], commit="all")
    assert WorkItem.objects.get().division == place.street
    send("work_items", officer, [row(编号="SJ-1")], commit="all")
    assert WorkItem.objects.get(number="SJ-1").division == place.city
    answer = send("work_items", clerk, [row(编号="SJ-1")])
    assert codes_of(answer) == ["conflicting_key"] and "别的单位" in answer["problems"][0]["message"]
    answer = send("work_items", clerk, [row(编号="CQ-9", **{"县（市、区）": "襄垣县"})])
    assert codes_of(answer) == ["out_of_scope"]


def test_a_street_registers_nothing(send: Send, street_clerk: User, departments) -> None:
    answer = send("work_items", street_clerk, [row()])
    assert codes_of(answer) == ["out_of_scope"]
    assert "街道（乡镇）不登记" in answer["problems"][0]["message"]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"提出部门": "不存在局"}, "bad_choice", "城区没有“不存在局”这个部门"),
        ({"每社区年经费（元）": ""}, "not_admissible", "需要社区协助的事项，必须提供经费和必要的工作条件［四（一）4］"),
        (
            {"居（村）委会角色": "责任主体", "禁止领域": "拆迁拆违"},
            "not_admissible",
            "“拆迁拆违”不得由居（村）民委员会",
        ),
        ({"一票否决": "是"}, "not_admissible", "取消一票否决［四（一）4］"),
        ({"类别": "考核评比"}, "not_admissible", "部门不再单独考核评比"),
        ({"期限": "临时"}, "required", "临时事项请填写“止”"),
        ({"止": "2017-12-31"}, "date_order", "“止”早于“起”"),
        ({"类别": "调查统计", "采集项目": "总户数、常住人口"}, "not_admissible", "系统都已有，不得重复采集"),
    ],
)
def test_the_sheet_refuses_what_the_form_refuses(send: Send, clerk: User, departments, changes, code, said) -> None:
    answer = send("work_items", clerk, [row(**changes)])
    assert code in codes_of(answer)
    assert any(said in problem["message"] for problem in answer["problems"] if problem["code"] == code)
    assert not WorkItem.objects.exists()


def test_a_sign_outside_is_warned_of_and_comes_in(send: Send, clerk: User, departments) -> None:
    sign = row(类别="挂牌", 挂牌位置="室外", **{"每社区年经费（元）": "", "人员设备培训": ""})
    answer = send("work_items", clerk, [sign], commit="all")
    assert codes_of(answer) == ["inadvisable"]
    assert WorkItem.objects.get().placement == "outdoors"


def test_a_county_lists_one_assessment_of_its_own(send: Send, clerk: User, departments) -> None:
    own = {"类别": "考核评比", "清单": "依法履职", "每社区年经费（元）": "", "人员设备培训": ""}
    assert send("work_items", clerk, [row(**own)], commit="all")["new"] == 1
    answer = send("work_items", clerk, [row(编号="CQ-2", **own)])
    assert codes_of(answer) == ["not_admissible"] and "已有综合考核" in answer["problems"][0]["message"]


def test_what_is_in_hand_or_over_is_not_changed_by_a_sheet(send: Send, clerk: User, place: Place, departments) -> None:
    day = datetime.date(2018, 6, 4)
    make_work_item(place.county, number="CQ-1", state="submitted", submitted_on=day, due_on=day)
    answer = send("work_items", clerk, [row()])
    assert codes_of(answer) == ["conflicting_key"] and "待审定" in answer["problems"][0]["message"]


def test_a_county_cannot_change_an_item_of_the_city_that_it_sees(clerk: User, place: Place) -> None:
    item = make_work_item(place.city)
    assert item in WorkItem.objects.visible_to(clerk)
    edit = edit_record(register=WorkItemSheet(), values={"note": "改"}, by=clerk, ref=item.ref, version=1)
    assert edit.has_error
    hidden = make_work_item(place.other_county)
    with pytest.raises(NotFoundError):
        edit_record(register=WorkItemSheet(), values={"note": "改"}, by=clerk, ref=hidden.ref, version=1)
    assert not WorkItem.objects.exclude(note="").exists()


def score(**changes: Any) -> dict[str, Any]:
    return {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道办事处",
        "社区名称": "和平社区",
        "年度": "2018",
        "工作得分": "80",
    } | changes


def test_a_score_is_one_of_a_community_and_year(send: Send, clerk: User, place: Place) -> None:
    assert send("assessments", clerk, [score()], commit="all")["new"] == 1
    assert send("assessments", clerk, [score(工作得分="80.5")], commit="all")["changed"] == 1
    assert send("assessments", clerk, [score(年度="2019年")], commit="all")["new"] == 1
    assert set(Assessment.objects.values_list("year", "work_score")) == {(2018, Decimal("80.5")), (2019, Decimal(80))}


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"工作得分": "100.5"}, "bad_number"), ({"年度": "2016"}, "bad_number"), ({"年度": ""}, "required")],
)
def test_a_score_lies_between_0_and_100_in_a_year_of_the_paper(send: Send, clerk: User, changes, code) -> None:
    answer = send("assessments", clerk, [score(**changes)])
    assert codes_of(answer) == [code]


def test_a_street_assesses_nobody(send: Send, street_clerk: User, place: Place) -> None:
    answer = send("assessments", street_clerk, [score()])
    assert codes_of(answer) == ["out_of_scope"]
    assert make_user(Role.STREET_CLERK, place.street).role.may_upload


def test_a_row_sees_those_before_it_in_the_same_file(send: Send, clerk: User, departments) -> None:
    ledger = {
        "类别": "台账报表",
        "清单": "准入",
        "每社区年经费（元）": "",
        "人员设备培训": "",
        "每年报送次数": "4",
        "报送方式": "纸质",
    }
    answer = send(
        "work_items",
        clerk,
        [
            row(**ledger, 采集项目="网格员姓名首字母、楼栋数"),
            row(**ledger, 编号="CQ-2", 采集项目="网格员姓名首字母、楼栋数"),
        ],
        commit="all",
    )
    [problem] = answer["problems"]
    assert problem["cell"] == "R3" and "系统都已有" in problem["message"]
