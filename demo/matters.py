"""Demo rows of 公共服务事项 and 实施清单: ten matters of the city, who handles them, and how departments come to the common window.

One matter gets a shorter limit in a later month, which is a new version. Routes of counties change before their mergers alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth
from demo.places import DemoCounty
from demo.span import Span

CIVIL_AFFAIRS: Final = "民政局"
LABOUR: Final = "人力资源和社会保障局"
# The offices of counties and of the city that handle matters.
COUNTY_DEPARTMENTS: Final = (CIVIL_AFFAIRS, LABOUR)
CITY_DEPARTMENTS: Final = ("卫生健康委员会", "公安局", "住房和城乡建设局")
_ID: Final = "居民身份证（可免交、有效12个月）"
_HOUSEHOLD: Final = "户口簿（可免交、有效12个月）"
_PROMISED: Final[Row] = {"mode": "承诺件", "reach": "全市"}
_INSTANT: Final[Row] = {"mode": "即办件", "legal_days": 0, "promised_days": 0, "reach": "全市"}
# Code, name, department, whether counties handle it, and what else a row says.
_ITEMS: Final[tuple[tuple[str, str, str, bool, Row], ...]] = (
    (
        "CZ-MZ-01",
        "高龄津贴申请",
        CIVIL_AFFAIRS,
        True,
        _PROMISED
        | {
            "kind": "行政给付",
            "legal_days": 20,
            "promised_days": 10,
            "materials": f"{_ID}；{_HOUSEHOLD}；本人银行卡（可容缺）",
        },
    ),
    (
        "CZ-MZ-02",
        "最低生活保障申请",
        CIVIL_AFFAIRS,
        True,
        {
            "kind": "行政给付",
            "mode": "承诺件",
            "reach": "全县",
            "legal_days": 30,
            "promised_days": 22,
            "materials": f"{_ID}；{_HOUSEHOLD}；家庭成员授权书；赡养协议（非必要、可容缺）",
        },
    ),
    (
        "CZ-MZ-03",
        "临时救助申请",
        CIVIL_AFFAIRS,
        True,
        {
            "kind": "行政给付",
            "mode": "承诺件",
            "reach": "本街道（乡镇）",
            "legal_days": 20,
            "promised_days": 8,
            "materials": f"{_ID}；书面申请；支出票据（可容缺）",
        },
    ),
    (
        "CZ-MZ-04",
        "老年人优待证办理",
        CIVIL_AFFAIRS,
        True,
        _INSTANT | {"kind": "公共服务", "materials": f"{_ID}；近期照片"},
    ),
    (
        "CZ-RS-01",
        "城乡居民养老保险参保登记",
        LABOUR,
        True,
        _INSTANT | {"kind": "公共服务", "materials": f"{_ID}；{_HOUSEHOLD}"},
    ),
    (
        "CZ-RS-02",
        "就业困难人员认定",
        LABOUR,
        True,
        _PROMISED
        | {
            "kind": "行政确认",
            "legal_days": 20,
            "promised_days": 7,
            "materials": f"{_ID}；就业创业登记证（可免交、有效36个月）；近期照片（非必要）",
        },
    ),
    (
        "CZ-WJ-01",
        "独生子女父母奖励金申请",
        "卫生健康委员会",
        False,
        _PROMISED
        | {
            "kind": "行政奖励",
            "legal_days": 20,
            "promised_days": 15,
            "materials": f"{_ID}；独生子女父母光荣证",
        },
    ),
    (
        "CZ-GA-01",
        "居住登记",
        "公安局",
        False,
        _INSTANT | {"kind": "公共服务", "materials": f"{_ID}；住所材料（可容缺）"},
    ),
    (
        "CZ-ZJ-01",
        "公共租赁住房申请",
        "住房和城乡建设局",
        False,
        _PROMISED
        | {
            "kind": "行政给付",
            "legal_days": 30,
            "promised_days": 20,
            "materials": f"{_ID}；{_HOUSEHOLD}；住房情况承诺书；劳动合同（非必要）",
        },
    ),
    (
        "CZ-ZJ-02",
        "物业服务项目备案",
        "住房和城乡建设局",
        False,
        _PROMISED
        | {
            "kind": "其他行政权力",
            "audience": "组织",
            "legal_days": 15,
            "promised_days": 5,
            "materials": "物业服务合同；营业执照（可免交、有效12个月）",
        },
    ),
)
_NOTE: Final = "演示数据"
# From which month a matter is handled in fewer days.
_SHORTER: Final = (datetime.date(2019, 1, 1), "CZ-MZ-01", 5)
# The months in which departments come to the common window, before counties were merged, and the share that is there by then.
_ENTRIES: Final = ((datetime.date(2018, 3, 1), 0.55), (datetime.date(2018, 8, 1), 0.75))
_SHARE_AT_FIRST: Final = 0.35


def matter_rows(span: Span) -> RowsByMonth:
    """Return the rows of the city's matters by month: all in the first, one later that changes from its month on."""
    begins = datetime.date(span.day.year, 1, 1)
    rows: RowsByMonth = {month: [] for month in span.months}
    for code, name, _, _, said in _ITEMS:
        row = {"code": code, "name": name, "audience": "自然人", "basis": "演示文件〔2017〕2号", "valid_from": begins}
        rows[span.first].append(row | said | {"note": _NOTE})
    month, code, days = _SHORTER
    if month in rows and month != span.first:
        [row] = [row for row in rows[span.first] if row["code"] == code]
        rows[month].append(row | {"promised_days": days, "valid_from": month})
    return rows


def route_rows(counties: Sequence[DemoCounty], span: Span) -> RowsByMonth:
    """Return the rows of who handles what by month: all in the first, later those that come to the common window."""
    rows: RowsByMonth = {month: [] for month in span.months}
    begins = datetime.date(span.day.year, 1, 1)
    for code, _, department, is_of_counties, _ in _ITEMS:
        for county in counties if is_of_counties else (None,):
            name = "" if county is None else county.name
            row: Row = {
                "item_code": code,
                "department_name": department,
                "is_entered": False,
                "valid_from": begins,
                "note": _NOTE,
            }
            if county is not None:
                row["county"] = name
            entered = _entered_in(FakeData("routes", code, name), span)
            rows[span.first].append(row | {"is_entered": entered == span.first})
            if entered is not None and entered != span.first:
                rows[entered].append(row | {"is_entered": True})
    return rows


def _entered_in(fake: FakeData, span: Span) -> datetime.date | None:
    """Return the month in which a department comes to the common window; None for one that does not within the span."""
    drawn = fake.number(0, 99) / 100
    if drawn < _SHARE_AT_FIRST:
        return span.first
    return next((month for month, share in _ENTRIES if drawn < share and month in span.months), None)
