"""Tests of the rules of what communities may be asked [四（一）4]: each refusal with its sentence, and what stays allowed."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from communities.models import Division
from workload.models import WorkItem
from workload.reference import CERTIFICATES, ended_certificate, may_hang_outside
from workload.rules import ASKED_OF, fields_asked, short_notice, verdicts

DAY = datetime.date(2018, 6, 4)
COUNTY = Division(code="140402", name="城区", level="county", path="140400/140402/")
Kind = WorkItem.Kind


def item(**said: Any) -> WorkItem:
    """Return an unsaved item that no rule refuses, with the changes."""
    values = {
        "name": "演示协助事项",
        "kind": Kind.TASK,
        "listed_as": "assisting",
        "role": "assisting",
        "valid_from": datetime.date(2018, 9, 1),
        "yearly_funds": Decimal(800),
        "conditions": "配备设备",
        **said,
    }
    return WorkItem(division=COUNTY, **values)


def bare(kind: str, **said: Any) -> WorkItem:
    """Return an item of a kind that asks for neither funds nor conditions."""
    return item(**{"kind": kind, "yearly_funds": None, "conditions": "", **said})


def refused(what: WorkItem, day: datetime.date = DAY, *, is_application: bool = True) -> list[str]:
    return [each.sentence for each in verdicts(what, day=day, is_application=is_application) if each.is_refusal]


FORBIDDEN = "“拆迁拆违”不得由居（村）民委员会作为责任主体。［四（一）4］"
ALONE = "对社区实行基层政府综合考核，部门不再单独考核评比，取消一票否决。［四（一）4］"
UNFUNDED = "需要社区协助的事项，必须提供经费和必要的工作条件。［四（一）4］"


@pytest.mark.parametrize(
    ("said", "sentences"),
    [
        ({}, []),
        ({"role": "responsible", "forbidden_field": "demolition"}, [FORBIDDEN]),
        ({"role": "assisting", "forbidden_field": "demolition"}, []),
        ({"role": "responsible", "forbidden_field": ""}, []),
        ({"role": "responsible", "forbidden_field": "demolition", "listed_as": "not_ours"}, []),
        ({"has_veto": True}, [ALONE]),
        ({"has_veto": True, "listed_as": "not_ours"}, []),
        ({"yearly_funds": None}, [UNFUNDED]),
        ({"yearly_funds": Decimal(0)}, [UNFUNDED]),
        ({"conditions": ""}, [UNFUNDED]),
        ({"conditions": "", "listed_as": "admitted"}, [UNFUNDED]),
        ({"conditions": "", "listed_as": "lawful"}, []),
        ({"yearly_funds": None, "conditions": "", "listed_as": "not_ours"}, []),
    ],
)
def test_a_task_is_refused_with_the_sentence_of_its_rule(said, sentences):
    assert refused(item(**said)) == sentences


@pytest.mark.parametrize("kind", [Kind.SURVEY, Kind.SYSTEM, Kind.STANDARD])
def test_surveys_systems_and_standards_bring_money_and_conditions_too(kind):
    assert refused(item(kind=kind, yearly_funds=None, asked="演示项目")) == [UNFUNDED]


@pytest.mark.parametrize("kind", [Kind.BODY, Kind.SIGN, Kind.LEDGER, Kind.CERTIFICATE])
def test_what_is_no_work_brings_no_money(kind):
    said = {
        "headcount": 3, "placement": "indoors", "times_a_year": 1, "medium": "paper", "asked": "演示项目",
        "office": "演示单位",
    }  # fmt: skip
    own = {name: value for name, value in said.items() if name in ASKED_OF[kind]}
    assert refused(bare(kind, **own)) == []


def test_only_the_countys_own_assessment_is_listed_and_nobody_applies_for_one():
    assert refused(bare(Kind.ASSESSMENT)) == [ALONE]
    assert refused(bare(Kind.ASSESSMENT, listed_as="lawful")) == [ALONE]
    assert refused(bare(Kind.ASSESSMENT, listed_as="lawful"), is_application=False) == []
    assert refused(bare(Kind.ASSESSMENT, listed_as="lawful", has_veto=True), is_application=False) == [ALONE]
    assert refused(bare(Kind.ASSESSMENT), is_application=False) == [ALONE]
    assert refused(bare(Kind.ASSESSMENT, listed_as="not_ours"), is_application=False) == []


def certificate(name: str = "婚姻状况证明", **said: Any) -> WorkItem:
    return bare(Kind.CERTIFICATE, name=name, office="演示单位", **said)


ENDED = "“婚姻状况”是民发〔2020〕20号取消的证明，2020年4月起只能列入“不应承担”。［四（一）4］"
OVER = "“止”已经过去，这个事项不用再申请；还要办的，请改“止”。"
BEFORE, AFTER = datetime.date(2020, 3, 31), datetime.date(2020, 4, 1)


@pytest.mark.parametrize(
    ("day", "said", "sentences"),
    [
        (BEFORE, {}, []),
        (AFTER, {}, [ENDED]),
        (BEFORE, {"valid_from": AFTER}, [ENDED]),
        (AFTER, {"valid_to": datetime.date(2020, 4, 1)}, [OVER]),
        (AFTER, {"listed_as": "not_ours"}, []),
        (AFTER, {"name": "低保家庭入户证明"}, []),
    ],
)
def test_one_of_the_twenty_certificates_is_refused_from_april_2020(day, said, sentences):
    assert refused(certificate(**said), day) == sentences


def test_the_twenty_certificates_are_known_however_they_are_written():
    assert len(CERTIFICATES) == 20 == len(set(CERTIFICATES))
    for name in CERTIFICATES:
        assert (
            ended_certificate(name) == name == ended_certificate(f"{name}证明") == ended_certificate(f"开具{name}证明")
        )
    assert ended_certificate("居民 婚姻证明") == "婚姻状况"
    for other in ("出生医学记录", "养老待遇资格证明", "困难家庭情况证明", "证明", ""):
        assert ended_certificate(other) == ""


@pytest.mark.parametrize(
    ("name", "placement", "is_warned"),
    [
        ("和平社区党总支", "outdoors", False),
        ("和平社区居民委员会", "outdoors", False),
        ("社区社会组织联合会", "outdoors", False),
        ("演示工作站", "outdoors", True),
        ("演示工作站", "indoors", False),
    ],
)
def test_a_sign_outside_of_somebody_else_is_warned_of(name, placement, is_warned):
    found = verdicts(bare(Kind.SIGN, name=name, placement=placement), day=DAY, is_application=True)
    assert [(each.code, each.is_refusal) for each in found] == [("hangs_outside", False)] * is_warned
    assert may_hang_outside(name) or name == "演示工作站"


def test_what_a_kind_asks_must_be_said_in_an_application():
    assert refused(bare(Kind.LEDGER)) == [
        "“台账报表”请填写“每年报送次数”。",
        "“台账报表”请填写“报送方式”。",
        "“台账报表”请填写“采集项目”。",
    ]
    listed = bare(Kind.LEDGER, times_a_year=4, medium="paper")
    assert refused(listed, is_application=False) == []
    assert refused(bare(Kind.CERTIFICATE)) == ["“证明”请填写“索要证明的单位”。"]


def test_what_a_kind_does_not_ask_is_warned_of():
    found = verdicts(certificate(yearly_funds=Decimal(5)), day=DAY, is_application=False)
    assert [(each.sentence, each.is_refusal) for each in found] == [
        ("“证明”不用填“每社区年经费（元）”，请核对类别。", False)
    ]


def test_a_form_asks_only_what_its_kind_needs():
    assert "yearly_funds" in fields_asked(Kind.TASK) and "placement" not in fields_asked(Kind.TASK)
    assert "yearly_funds" not in fields_asked(Kind.SIGN) and "placement" in fields_asked(Kind.SIGN)
    for kind in Kind:
        assert {"name", "basis", "valid_from", "term"} <= set(fields_asked(kind))
    assert set(ASKED_OF) == set(Kind)


def test_an_application_thirty_working_days_before_its_first_day_is_in_good_time():
    # 30 working days after 2018-06-04 (the Dragon Boat Festival lies between) is 2018-07-17.
    assert short_notice(item(valid_from=datetime.date(2018, 7, 17)), DAY) is None
    late = short_notice(item(valid_from=datetime.date(2018, 7, 16)), DAY)
    assert late is not None and not late.is_refusal
    assert late.sentence == "申请应在开始前30个工作日提交，到2018-07-16只有29个工作日。"
