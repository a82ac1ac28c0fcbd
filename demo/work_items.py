"""Demo rows of 社区工作事项: a dozen items that the city asks of its communities, brought in by the bureau in the first month."""

from __future__ import annotations

import datetime
from typing import Final

from demo.monthly_rows import Row, RowsByMonth
from demo.span import Span

# The offices of the city that ask communities for something.
DEPARTMENTS: Final = ("民政局", "统计局", "卫生健康委员会", "公安局", "住房和城乡建设局")
_HELPED = "配备平板电脑一台，每年培训一次"
# Number, name, department and what else a row says.
_ITEMS: Final[tuple[tuple[str, str, str, Row], ...]] = (
    ("YS-01", "组织居（村）民会议", "民政局", {"listed_as": "依法履职", "role": "责任主体"}),
    ("YS-02", "办理社区公共事务和公益事业", "民政局", {"listed_as": "依法履职", "role": "责任主体"}),
    ("YS-03", "调解民间纠纷", "公安局", {"listed_as": "依法履职", "role": "责任主体"}),
    (
        "YS-04",
        "协助最低生活保障入户核对",
        "民政局",
        {"yearly_funds": 1_200, "payment": "财政拨付", "conditions": _HELPED},
    ),
    (
        "YS-05",
        "协助预防接种通知",
        "卫生健康委员会",
        {"yearly_funds": 800, "payment": "财政拨付", "conditions": _HELPED},
    ),
    ("YS-06", "协助流动人口登记", "公安局", {"yearly_funds": 1_500, "payment": "随事拨付", "conditions": _HELPED}),
    (
        "YS-07",
        "老旧小区改造意见征询",
        "住房和城乡建设局",
        {"applies_to": "城市社区", "yearly_funds": 600, "payment": "购买服务", "conditions": "由施工单位派员"},
    ),
    (
        "YS-08",
        "住户收支情况调查",
        "统计局",
        {
            "kind": "调查统计",
            "listed_as": "准入",
            "yearly_funds": 900,
            "payment": "财政拨付",
            "conditions": "配备调查终端",
            "asked": "调查户编号、记账天数、回收册数",
        },
    ),
    (
        "YS-09",
        "慢性病随访台账",
        "卫生健康委员会",
        {"kind": "台账报表", "times_a_year": 4, "medium": "系统", "asked": "随访人次、转诊人次"},
    ),
    ("YS-10", "社区警务室牌子", "公安局", {"kind": "挂牌", "placement": "室内"}),
    ("YS-11", "拆除违法建设", "住房和城乡建设局", {"listed_as": "不应承担", "forbidden_field": "拆迁拆违"}),
    ("YS-12", "无犯罪记录证明", "公安局", {"kind": "证明", "listed_as": "不应承担", "office": "用人单位"}),
)
_USUAL: Final[Row] = {"kind": "工作事项", "listed_as": "协助", "role": "协助", "applies_to": "全部", "term": "长期"}


def work_item_rows(span: Span) -> RowsByMonth:
    """Return the rows of the city's list by month, each a dict by field: all of them in the first, none later."""
    begins = datetime.date(span.day.year, 1, 1)
    rows = [
        _USUAL
        | {
            "number": number,
            "name": name,
            "department_name": department,
            "basis": "演示文件〔2017〕1号",
            "valid_from": begins,
            "note": "演示数据",
        }
        | said
        for number, name, department, said in _ITEMS
    ]
    return {month: rows if month == span.first else [] for month in span.months}
