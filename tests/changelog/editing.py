"""What the tests of editing do to each register, and the editing itself."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.models import Department, User
from changelog.actions import Edit, edit_record
from changzhi_portal.personal import digest
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named
from orgs.models import SocialOrganization
from participation.models import Survey
from services.models import ServiceProject
from socialworkers.models import SocialWorker, Training
from tests.factories import (
    Place,
    id_number,
    make_activity,
    make_catalogue_item,
    make_count,
    make_department,
    make_document,
    make_facility,
    make_hours,
    make_monthly_report,
    make_organization,
    make_payment,
    make_point,
    make_project,
    make_review,
    make_support,
    make_survey,
    make_training,
    make_work_item,
    make_worker,
)
from workload.models import Assessment

HERE = {"county": "城区", "town": "东街街道办事处", "community_name": "和平社区"}
NUMBER = id_number(4711)
TRAINING = "PX2018-001"  # that of the example in the description of the API
PERSON = "140402197001010014"
SURVEY = "2018年居民满意度调查"  # that of the example in the description of the API


@dataclass(frozen=True)
class Case:
    """What is done to one register: values as a form sends them, and as the register then holds them."""

    register: str
    make: Callable[[Place], Any]  # an existing record of 城区
    elsewhere: Callable[[Place], Any]  # one of 襄垣县
    change: dict[str, Any]
    changed: dict[str, Any]  # lookups on the record -> value
    clear: str
    cleared: dict[str, Any]
    wrong: dict[str, Any]  # one field with a choice or value that there is not
    close: dict[str, Any]
    closed: dict[str, Any]
    new: dict[str, Any] = field(default_factory=dict)  # communities are never made by an edit
    prepare: Callable[[Place], Any] = lambda place: None  # creates what a record refers to; may be called twice

    def __str__(self) -> str:
        return self.register


def statistics(place: Place) -> Department:
    """Return 统计局 of 城区, which a new item names."""
    known: Department | None = Department.objects.filter(division=place.county, name="统计局").first()
    return known or make_department(place.county, "统计局")


REVIEWED = "YS-1"


def reviewed_project(place: Place) -> ServiceProject:
    """Return the project of 城区 that reviews are of, the same at each call."""
    known = ServiceProject.objects.filter(number=REVIEWED, division=place.county).first()
    return known or make_project(place.county, number=REVIEWED, contract_amount=100_000)


def yearly_survey(place: Place) -> Survey:
    """Return the survey of 城区 that counts are of."""
    known: Survey | None = Survey.objects.filter(division=place.county, name=SURVEY).first()
    return known or make_survey(place.county, SURVEY)


def training_of_hours(place: Place) -> Training:
    """Return the training of 城区 that hours are of; somebody with the number of the example stands in the register."""
    if not SocialWorker.objects.filter(id_number_digest=digest(PERSON)).exists():
        make_worker(place.communities[0], "赵演示", id_number=PERSON)
    known: Training | None = Training.objects.filter(number=TRAINING).first()
    return known or make_training(place.county, TRAINING)


def choir(place: Place) -> SocialOrganization:
    """Return the organization of 和平社区 that new support names."""
    known = SocialOrganization.objects.filter(community=place.communities[0], name="演示合唱团").first()
    return known or make_organization(place.communities[0], "演示合唱团")


CASES = (
    Case(
        register="communities",
        make=lambda place: place.communities[0],
        elsewhere=lambda place: place.villages[0],
        change={"residents": "3,100", "as_of": "2018-06-30", "has_party": "是", "groups": "4", "kind": "农村社区"},
        changed={
            "kind": "rural",
            "profiles__residents": 3_100,
            "profiles__as_of": datetime.date(2018, 6, 30),
            "bodies__number": 4,
        },
        clear="kind",
        cleared={"kind": ""},
        wrong={"kind": "镇"},
        close={"note": "已并入东关社区"},  # a community is closed by a change of divisions, never by an edit
        closed={"note": "已并入东关社区", "closed_on": None},
    ),
    Case(
        register="facilities",
        make=lambda place: make_facility(place.communities[0], "党群服务中心", note="旧"),
        elsewhere=lambda place: make_facility(place.villages[0]),
        change={"area": "2.5万", "functions": ["党员活动中心", "culture"], "tenure": "leased"},
        changed={"area": Decimal(25_000), "functions": ["party", "culture"], "tenure": "leased"},
        clear="note",
        cleared={"note": ""},
        wrong={"tenure": "抵押"},
        close={"closed_on": datetime.date(2018, 5, 1)},
        closed={"closed_on": datetime.date(2018, 5, 1)},
        new=HERE | {"name": "文化中心", "kind": "活动场所", "area": "120㎡", "opened_on": "2016.5.4", "note": ""},
    ),
    Case(
        register="organizations",
        make=lambda place: make_organization(place.communities[0], "演示书画社", phone="19900001111"),
        elsewhere=lambda place: make_organization(place.villages[0]),
        change={"leader": "张演示", "member_count": 30, "is_social_work_agency": True, "credit_code": ""},
        changed={"leader": "张演示", "member_count": 30, "is_social_work_agency": True, "credit_code": ""},
        clear="phone",
        cleared={"phone": None},
        wrong={"category": "商业类"},
        close={"dissolved_on": "2018-06-01"},
        closed={"dissolved_on": datetime.date(2018, 6, 1)},
        new=HERE | {"name": "演示合唱团", "registration": "filed", "category": "文体活动类", "established_on": "2015-3-2"},
    ),
    Case(
        register="workers",
        make=lambda place: make_worker(place.communities[0], posting={"position": "网格员"}),
        elsewhere=lambda place: make_worker(place.villages[0]),
        change={"level": "社会工作师", "position": "主任", "started_on": "2017-07-01"},
        changed={"level": "social_worker", "postings__position": "主任"},
        clear="position",
        cleared={"postings__position": ""},
        wrong={"level": "高工"},
        close={"ended_on": "2018-06-30"},
        closed={"postings__ended_on": datetime.date(2018, 6, 30)},
        new=HERE | {"name": "李演示", "id_number": NUMBER, "level": "无", "started_on": "2018-03-01"},
    ),
    Case(
        register="projects",
        make=lambda place: make_project(place.county, place.communities[0], grade="good"),
        elsewhere=lambda place: make_project(place.other_county),
        change={"paid": Decimal("50000.50"), "communities": ["和平社区", "东关社区"]},
        changed={"paid": Decimal("50000.50"), "communities__name": "东关社区居委会"},
        clear="grade",
        cleared={"grade": ""},
        wrong={"funding_source": "彩票"},
        close={"status": "已终止"},
        closed={"status": "terminated"},
        new={
            "number": "YS-77", "name": "演示项目", "county": "城区", "buyer": "城区民政局", "provider_name": "演示中心",
            "field": "elderly", "beneficiaries": "全体居民", "purchase_method": "公开招标", "funding_source": "福彩公益金",
            "budget": 120_000, "starts_on": "2018-01-01", "ends_on": "2018-12-31", "status": "履约中", "communities": "",
        },
    ),
    Case(
        register="catalogue",
        make=lambda place: make_catalogue_item(place.county, note="旧"),
        elsewhere=lambda place: make_catalogue_item(place.other_county),
        change={"finance_code": "B0101", "prefers_organizations": "是"},
        changed={"finance_code": "B0101", "prefers_organizations": True},
        clear="note",
        cleared={"note": ""},
        wrong={"field": "食堂"},
        close={"valid_to": "2018-12-31"},
        closed={"valid_to": datetime.date(2018, 12, 31)},
        new={
            "code": "QD-77", "name": "演示服务", "county": "城区", "field": "社区养老", "valid_from": "2018-01-01",
            "note": "",
        },
    ),
    Case(
        register="reviews",
        make=lambda place: make_review(reviewed_project(place), note="旧"),
        elsewhere=lambda place: make_review(make_project(place.other_county)),
        change={"score": "91.5", "reviewer": "第三方"},
        changed={"score": Decimal("91.5"), "reviewer": "third_party"},
        clear="note",
        cleared={"note": ""},
        wrong={"kind": "年终"},
        close={"score": "60"},  # a review has no end
        closed={"score": Decimal(60)},
        new={
            "project_number": REVIEWED, "county": "城区", "kind": "中期", "reviewed_on": "2018-06-01", "score": "84",
            "note": "",
        },
        prepare=reviewed_project,
    ),
    Case(
        register="payments",
        make=lambda place: make_payment(place.county, note="旧"),
        elsewhere=lambda place: make_payment(place.other_county),
        change={"amount": Decimal("1200.50"), "source": "福彩公益金"},
        changed={"amount": Decimal("1200.50"), "source": "lottery"},
        clear="note",
        cleared={"note": ""},
        wrong={"purpose": "会议"},
        close={"amount": "60"},  # a payment has no end
        closed={"amount": Decimal(60)},
        new={
            "voucher": "PZ-77", "county": "城区", "paid_on": "2018-06-01", "amount": 5_000, "source": "福彩公益金",
            "purpose": "活动", "note": "",
        },
        prepare=reviewed_project,
    ),
    Case(
        register="points",
        make=lambda place: make_point(place.communities[0], "便民服务点", note="旧"),
        elsewhere=lambda place: make_point(place.villages[0]),
        change={"windows": "3个", "functions": ["志愿服务站", "window"], "accepts_all": True},
        changed={"windows": 3, "functions": ["window", "volunteer"], "accepts_all": True},
        clear="note",
        cleared={"note": ""},
        wrong={"functions": ["食堂"]},
        close={"closed_on": datetime.date(2018, 5, 1)},
        closed={"closed_on": datetime.date(2018, 5, 1)},
        new=HERE | {"name": "社工站", "functions": ["social_work"], "posts": "2", "opened_on": "2016.5.4", "note": ""},
    ),
    Case(
        register="monthly",
        make=lambda place: make_monthly_report(place.communities[0], "2018-05", note="旧", meetings=6),
        elsewhere=lambda place: make_monthly_report(place.villages[0], "2018-05"),
        change={"meetings": "7次", "ledgers": 9},
        changed={"counts__number": 7},
        clear="note",
        cleared={"note": ""},
        wrong={"certificates": "很多"},
        close={"note": "与上月相同"},  # a report has no end
        closed={"note": "与上月相同"},
        new=HERE | {"month": "2018年6月", "signs_outside": "3", "meetings": 6, "note": ""},
    ),
    Case(
        register="trainings",
        make=lambda place: make_training(place.county, note="旧"),
        elsewhere=lambda place: make_training(place.other_county),
        change={"hours": "16", "kind": "督导", "service_staff": "12人"},
        changed={"hours": Decimal(16), "kind": "supervision", "service_staff": 12},
        clear="note",
        cleared={"note": ""},
        wrong={"kind": "讲座"},
        close={"note": "已办结"},  # a training has no end of its own
        closed={"note": "已办结"},
        new={
            "number": "PX-77", "name": "演示培训", "kind": "继续教育", "starts_on": "2018-05-07", "ends_on": "2018-05-09",
            "hours": "24", "community_workers": 40, "note": "",
        },
    ),
    Case(
        register="training_records",
        make=lambda place: make_hours(make_worker(place.communities[0]), make_training(place.county), 8),
        elsewhere=lambda place: make_hours(make_worker(place.villages[0]), make_training(place.other_county), 8),
        change={"hours": "16.5", "note": "补课"},
        changed={"hours": Decimal("16.5"), "note": "补课"},
        clear="note",
        cleared={"note": ""},
        wrong={"training": "没有的编号"},
        close={"hours": "20"},
        closed={"hours": Decimal(20)},
        new={"training": TRAINING, "id_number": PERSON, "hours": "8", "note": ""},
        prepare=training_of_hours,
    ),
    Case(
        register="surveys",
        make=lambda place: make_count(yearly_survey(place), place.communities[0], do_not_know=3),
        elsewhere=lambda place: make_count(make_survey(place.other_county), place.villages[0]),
        change={"satisfied": "16", "sent": 70},
        changed={"satisfied": 16, "sent": 70},
        clear="do_not_know",
        cleared={"do_not_know": None},
        wrong={"question": "停车"},
        close={"sent": "100份"},
        closed={"sent": 100},
        new=HERE | {"survey": SURVEY, "question": "物业", "sent": 60, "satisfied": 40},
        prepare=yearly_survey,
    ),
    Case(
        register="work_items",
        make=lambda place: make_work_item(place.county, number="CQ-1", department=statistics(place), note="旧"),
        prepare=statistics,
        elsewhere=lambda place: make_work_item(place.other_county),
        change={"yearly_funds": Decimal("1200.50"), "payment": "购买服务"},
        changed={"yearly_funds": Decimal("1200.50"), "payment": "purchase"},
        clear="note",
        cleared={"note": ""},
        wrong={"kind": "会议"},
        close={"valid_to": "2018-12-31"},
        closed={"valid_to": datetime.date(2018, 12, 31)},
        new={
            "number": "CQ-77", "name": "演示普查", "kind": "工作事项", "listed_as": "协助", "department_name": "统计局",
            "basis": "演示文件〔2018〕1号", "role": "协助", "applies_to": "all", "valid_from": "2018-01-01",
            "yearly_funds": 800, "conditions": "配备设备", "payment": "",
        },
    ),
    Case(
        register="assessments",
        make=lambda place: Assessment.objects.create(community=place.communities[0], year=2018, work_score=80, note="旧"),
        elsewhere=lambda place: Assessment.objects.create(community=place.villages[0], year=2018, work_score=80),
        change={"work_score": "85.5"},
        changed={"work_score": Decimal("85.5")},
        clear="note",
        cleared={"note": ""},
        wrong={"work_score": "优"},
        close={"work_score": "90"},
        closed={"work_score": Decimal(90)},
        new=HERE | {"year": "2017", "work_score": "70", "note": ""},
    ),
    Case(
        register="documents",
        make=lambda place: make_document(place.county, "演示实施方案", note="旧"),
        elsewhere=lambda place: make_document(place.villages[0]),
        change={"title": "演示实施意见", "kind": "准入制度"},
        changed={"title": "演示实施意见", "kind": "admission"},
        clear="note",
        cleared={"note": ""},
        wrong={"kind": "通知"},
        close={"valid_to": "2018-12-31"},
        closed={"valid_to": datetime.date(2018, 12, 31)},
        new={
            "county": "城区", "kind": "购买服务清单", "number": "演示〔2018〕77号", "title": "演示清单",
            "issued_on": "2018-03-01", "note": "",
        },
    ),
    Case(
        register="supports",
        make=lambda place: make_support(make_organization(place.communities[0]), note="旧"),
        prepare=choir,
        elsewhere=lambda place: make_support(make_organization(place.villages[0])),
        change={"amount": "2万元", "area": Decimal("80.5")},
        changed={"amount": Decimal(20_000), "area": Decimal("80.5")},
        clear="note",
        cleared={"note": ""},
        wrong={"kind": "送米面"},
        close={"valid_to": "2018-06-01"},
        closed={"valid_to": datetime.date(2018, 6, 1)},
        new=HERE | {"organization": "演示合唱团", "kind": "场地", "valid_from": "2018-3-1", "area": "60㎡", "note": ""},
    ),
    Case(
        register="activities",
        make=lambda place: make_activity(place.communities[0], note="旧"),
        elsewhere=lambda place: make_activity(place.villages[0]),
        change={"participants": "66人", "volunteers": "20名", "volunteer_hours": "40.5小时"},
        changed={"participants": 66, "volunteers": 20, "volunteer_hours": Decimal("40.5")},
        clear="note",
        cleared={"note": ""},
        wrong={"kind": "宴会"},
        close={"note": "已办完"},
        closed={"note": "已办完"},
        new=HERE | {"held_on": "2018-3-5", "title": "学雷锋日", "kind": "志愿服务", "participants": "60", "note": ""},
    ),
)  # fmt: skip


def register_of(case: Case) -> RegisterSheet:
    return register_named(case.register)()


def edit(case: Case, by: User, record: Any, values: dict[str, Any], **options: Any) -> Edit:
    return edit_record(
        register=register_of(case), values=values, by=by, ref=record.ref, version=record.version, **options
    )
