"""Tests of asking nothing twice: thirty invented applications, with the columns that the registers hold already."""

from __future__ import annotations

import pytest

from workload.asked_columns import column_key, held_columns, register_columns

# What an application asks for, and which of it a register holds, with the column's header there.
APPLICATIONS: list[tuple[str, dict[str, str]]] = [
    ("户数", {"户数": "户数"}),
    ("总户数、低保户数", {"总户数": "户数"}),
    ("户籍户数、空置房屋数", {"户籍户数": "户数"}),
    ("1.总户数、2.常住人口数、3.出租房屋数", {"1.总户数": "户数", "2.常住人口数": "常住人口"}),
    ("常住人口（人）、流动人口（人）", {"常住人口（人）": "常住人口"}),
    ("人口、犬只数量", {"人口": "常住人口"}),
    ("常住人口（60岁以上）", {}),
    ("60岁以上常住人口、80岁以上老人数", {}),
    ("居民小组数、楼栋长人数", {"居民小组数": "居（村）民小组数"}),
    ("居（村）民小组数、网格数", {"居（村）民小组数": "居（村）民小组数"}),
    ("村民代表数、党员数", {"村民代表数": "居（村）民代表数"}),
    ("居（村）民代表数（人）", {"居（村）民代表数（人）": "居（村）民代表数"}),
    ("是否建立党组织、党员活动次数", {"是否建立党组织": "社区党组织"}),
    ("监督委员会、监督委员会成员名单", {"监督委员会": "居（村）务监督委员会"}),
    ("集体经济组织、集体经济收入", {"集体经济组织": "集体经济组织"}),
    ("社区类型、创建等次", {"社区类型": "类型"}),
    ("设施名称、设施类别、开放时间", {"设施名称": "设施名称", "设施类别": "设施类型"}),
    ("建筑面积（㎡）、绿化面积", {"建筑面积（㎡）": "建筑面积（㎡）"}),
    ("建筑面积（平方米）、消防栓数", {"建筑面积（平方米）": "建筑面积（㎡）"}),
    ("居民活动面积、座位数", {"居民活动面积": "居民活动面积（㎡）"}),
    ("产权性质、房产证号", {"产权性质": "产权"}),
    ("社会组织名称、成员人数、活动经费", {"社会组织名称": "名称", "成员人数": "成员人数"}),
    ("统一社会信用代码、年度收入", {"统一社会信用代码": "统一社会信用代码"}),
    ("职业水平等级、继续教育学时", {"职业水平等级": "职业水平"}),
    ("项目编号、合同金额（元）、发票号", {"项目编号": "项目编号", "合同金额（元）": "合同金额（元）"}),
    ("承接主体、服务领域、满意率", {"承接主体": "承接主体", "服务领域": "服务领域"}),
    ("残疾人数、享受补贴人数、补贴金额", {}),
    ("姓名、身份证号、联系电话、备注", {}),
    ("名称、编号、状态、日期", {}),
    ("垃圾分类投放点数、志愿者人数、宣传次数、巡查次数", {}),
]


def held(asked: str) -> dict[str, str]:
    return {each.asked: each.column for each in held_columns(asked.split("、"))}


@pytest.mark.parametrize(("asked", "expected"), APPLICATIONS, ids=[asked for asked, _ in APPLICATIONS])
def test_every_column_that_a_register_holds_is_found_and_no_other(asked, expected):
    assert held(asked) == expected


def test_there_are_thirty_applications():
    assert len(APPLICATIONS) == 30
    assert sum(len(expected) for _, expected in APPLICATIONS) >= 25


def test_it_is_said_which_register_and_column_hold_it():
    [found] = held_columns(["总户数", "低保户数"])
    assert found.sentence == "总户数：系统已有，不得重复采集（社区登记表“户数”）"


def test_what_an_item_in_force_collects_is_held_too():
    in_force = [("YS-0007", "演示养犬台账", ["犬只数量", "备注"])]
    found = held_columns(["犬只数量（只）", "犬只数量", "犬只品种", "备注"], in_force)
    assert [(each.asked, each.where) for each in found] == [("犬只数量", "YS-0007 演示养犬台账“犬只数量”")]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("（1）总户数", "总户数"),
        ("一、总户数：", "总户数"),
        ("12. 总 户 数", "总户数"),
        ("户数（单位：户）", "户数"),
        ("居（村）民小组数", "居村民小组数"),
        ("2018年户数", "2018年户数"),
    ],
)
def test_numbering_units_and_signs_do_not_count(text, key):
    assert column_key(text) == key


def test_nothing_personal_no_place_and_no_remark_is_ever_held():
    headers = {header for _, header in register_columns().values()}
    assert headers.isdisjoint({"身份证号", "联系电话", "姓名", "备注", "社区名称", "县（市、区）", "记录编号"})
    assert {title for title, _ in register_columns().values()}.isdisjoint({"社区工作事项登记表", "社区考核登记表"})
