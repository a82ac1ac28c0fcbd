"""购买服务项目 in the demo: one list for the whole city, kept by the bureau."""

from __future__ import annotations

import datetime
from collections import Counter
from itertools import count
from typing import Any

from changzhi_portal.names import community_key
from reports.demo.character import character_of
from reports.demo.invention import Invention
from reports.demo.organizations import agency_of
from reports.demo.places import DemoCommunity, DemoCounty

Row = dict[str, Any]
MONTH_END = datetime.date(2018, 6, 30)
FIELDS = {"社区养老": 5.0, "社区文化": 3.0, "社会救助": 3.0, "社区体育": 1.5, "社区矫正": 1.0, "其他": 1.0}
BENEFICIARIES = {"全体居民": 4.0, "困难群众": 3.0, "农村留守人员": 2.0, "特殊人群": 1.0, "城市流动人口": 1.0}
METHODS = {"公开招标": 4.0, "竞争性磋商": 3.0, "公益创投": 2.0, "询价": 1.0, "单一来源": 0.5, "自行采购": 0.5}
SOURCES = {"一般公共预算": 5.0, "福彩公益金": 4.0, "慈善资金": 1.0, "社会捐赠": 0.5, "驻区单位": 0.5}
GRADES = {"优": 3.0, "良": 5.0, "中": 1.5, "差": 0.3}


def project_rows(counties: list[DemoCounty]) -> list[Row]:
    """The rows of the city's 购买服务项目 sheet, by field; money in yuan."""
    invention = Invention("projects")
    numbers = count(1)
    return [
        _project(county, next(numbers), invention)
        for county in counties
        for _ in range(2 + 2 * character_of(county.code).agencies + invention.number(0, 3))
    ]


def _project(county: DemoCounty, number: int, invention: Invention) -> Row:
    field = invention.weighted(FIELDS)
    budget = invention.number(5, 80) * 10_000
    starts_on = invention.day(datetime.date(2017, 3, 1), datetime.date(2018, 9, 1))
    ends_on = starts_on + datetime.timedelta(days=invention.one_of((182, 364, 364, 729)))
    agency, code = _provider(county, invention)
    row: Row = {
        "number": f"演示GM2018-{number:03d}",
        "name": f"{county.name}{field}服务项目（{number}）",
        "county": county.name,
        "buyer": f"{county.name}民政局",
        "provider_name": agency,
        "provider_credit_code": code,
        "communities": "、".join(_served(county, invention)),
        "field": field,
        "beneficiaries": invention.weighted(BENEFICIARIES),
        "purchase_method": invention.weighted(METHODS),
        "funding_source": invention.weighted(SOURCES),
        "budget": budget,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    return row | _progress(budget, starts_on, ends_on, invention)


def _progress(budget: int, starts_on: datetime.date, ends_on: datetime.date, invention: Invention) -> Row:
    """Where the project stands at the month's end."""
    if starts_on > MONTH_END:
        return {"status": "采购中" if invention.chance(0.6) else "拟购买"}
    contract = budget * invention.number(90, 100) // 100
    row: Row = {"contract_amount": contract, "signed_on": starts_on - datetime.timedelta(days=invention.number(5, 30))}
    if ends_on > MONTH_END:
        return row | {"status": "履约中", "paid": contract * invention.number(3, 7) // 10}
    if invention.chance(0.04):
        return row | {"status": "已终止", "paid": contract * 3 // 10, "grade": "差"}
    return row | {"status": "已验收", "paid": contract, "grade": invention.weighted(GRADES)}


def _provider(county: DemoCounty, invention: Invention) -> tuple[str, str]:
    """An agency of the county; one of 城区 where the county has none."""
    agencies = character_of(county.code).agencies
    if agencies:
        return agency_of(county.name, county.code, invention.number(0, agencies - 1))
    return agency_of("城区", "140402", invention.number(0, character_of("140402").agencies - 1))


def _served(county: DemoCounty, invention: Invention) -> list[str]:
    """A few communities: by name where the name says which one is meant, else by code."""
    times = Counter(community_key(community.name) for community in county.communities)

    def called(community: DemoCommunity) -> str:
        return community.name if times[community_key(community.name)] == 1 else community.code

    chosen = invention.some_of(county.communities, invention.number(1, 5))
    return [called(community) for community in chosen]
