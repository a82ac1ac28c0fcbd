"""Tests of applications against odd input: numbers, days, invisible characters, and who is told of a decision."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from accounts.models import Role
from changzhi_portal.refusals import InvalidError
from notices.models import Notice
from tests.factories import Place, make_department, make_user, make_work_item
from workload.actions import new_application
from workload.actions.numbers import draw_number
from workload.flow import FLOW
from workload.models import WorkItem

pytestmark = pytest.mark.django_db
TASK = {
    "kind": "task",
    "name": "老年人口调查协助",
    "listed_as": "assisting",
    "basis": "演示文件〔2018〕1号",
    "role": "assisting",
    "applies_to": "all",
    "term": "lasting",
    "valid_from": datetime.date(2018, 9, 1),
    "yearly_funds": 800,
    "conditions": "培训一次",
}


@pytest.fixture
def applicant(place: Place):
    return make_user(Role.DEPARTMENT_CLERK, place.county, department=make_department(place.county, "统计局"))


def test_a_number_typed_far_ahead_takes_no_serials_away(place: Place):
    day = datetime.date(2018, 6, 1)
    make_work_item(place.county, number="140402-2018-0007")
    make_work_item(place.county, number="140402-2018-999999999")
    assert draw_number(place.county, day) == "140402-2018-0008"
    make_work_item(place.county, number="140402-2018-9999")
    assert draw_number(place.county, day) == "140402-2018-10000"
    make_work_item(place.county, number="140402-2018-10000")
    assert draw_number(place.county, day) == "140402-2018-10001"


def test_what_would_be_over_is_not_applied_for(applicant):
    past = timezone.localdate() - datetime.timedelta(days=1)
    with pytest.raises(InvalidError, match="“止”已经过去") as refusal:
        new_application(by=applicant, values={**TASK, "valid_from": past, "valid_to": past})
    assert refusal.value.field == "valid_to"
    assert not WorkItem.objects.exists()


def test_a_name_of_invisible_characters_is_none(applicant):
    with pytest.raises(InvalidError) as refusal:
        new_application(by=applicant, values={**TASK, "name": "\u200b\u202e"})
    assert refusal.value.field == "name"
    item = new_application(by=applicant, values={**TASK, "name": "老年人\u200b调查\x01"})
    assert item.name == "老年人调查"


def test_a_department_is_told_of_each_decision_with_the_reason(applicant, clerk, officer):
    item = new_application(by=applicant, values=TASK)
    FLOW.make(item, "submit", by=applicant)
    FLOW.make(item, "return", by=clerk, note="请写明依据的文号")
    told = Notice.objects.get(user=applicant)
    assert told.title == f"“{item}”（{item.number}）已退回" and told.text == "请写明依据的文号"
    assert told.url == item.get_absolute_url()
    FLOW.make(item, "submit", by=applicant)
    FLOW.make(item, "approve", by=clerk)
    assert Notice.objects.filter(user=applicant).latest("pk").title.endswith("已批准")
    assert not Notice.objects.exclude(user=applicant).exists()


def test_the_reason_of_a_return_is_more_than_control_characters(applicant, clerk):
    item = new_application(by=applicant, values=TASK)
    FLOW.make(item, "submit", by=applicant)
    with pytest.raises(InvalidError, match="请写明退回原因"):
        FLOW.make(item, "return", by=clerk, note="\x01\u200b")


def test_what_is_approved_and_begins_later_is_listed_and_counted(applicant, clerk, signed_in):
    later = timezone.localdate() + datetime.timedelta(days=90)
    item = new_application(by=applicant, values={**TASK, "valid_from": later})
    FLOW.make(item, "submit", by=applicant)
    FLOW.make(item, "approve", by=clerk)
    listed = signed_in(clerk).get("/workload/items/").content.decode()
    assert item.number in listed and "已批准，未开始" in listed
    assert "已批准、还没有开始的1项" in signed_in(applicant).get("/").content.decode()


def test_an_item_that_has_ended_says_so_where_somebody_changes_it(place: Place, clerk, signed_in):
    item = make_work_item(place.county, state="ended", valid_to=datetime.date(2018, 3, 1))
    answer = signed_in(clerk).get(f"/registers/work_items/{item.ref}/edit/", follow=True)
    assert "这条记录现在是“已终止”，不能修改。" in answer.content.decode()


def test_a_ledger_form_marks_what_the_kind_must_say(applicant, signed_in):
    form = signed_in(applicant).get("/workload/apply/ledger/").context["form"]
    assert all(form.fields[name].required for name in ("times_a_year", "medium", "asked"))
    form = (
        signed_in(applicant)
        .post("/workload/apply/task/", {"yearly_funds": "0.005", "valid_from": "0001-01-01"})
        .context["form"]
    )
    assert form.errors["yearly_funds"] == ["“每社区年经费（元）”最多两位小数。"]
    assert form.errors["valid_from"] == ["“起”过早，请核对年份。"]
