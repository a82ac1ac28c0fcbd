"""服务设施 in the demo."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from reports.demo.character import character_of
from reports.demo.invention import Invention
from reports.demo.places import DemoCommunity, DemoCounty

Row = dict[str, Any]
NEEDED = 500  # m² that an urban community should have [四（一）2]
FUNCTIONS = ("党员活动中心", "居民议事中心", "便民服务中心", "文化活动中心", "社区养老和老年服务中心")
MODES = {"筹资新建": 4.0, "开发配建": 3.0, "政府购买": 1.0, "驻区单位援助": 1.0, "调剂置换": 2.0}
TENURES = {"自有": 6.0, "租赁": 2.0, "借用": 2.0, "共建": 1.0}
VILLAGE_SHARE = 0.55  # villages with a service centre
SECOND_SHARE = 0.25  # places with something beside the centre


def facility_rows(county: DemoCounty) -> list[Row]:
    """The rows of the county's 服务设施 sheet, by field."""
    invention = Invention("facilities", county.code)
    share = character_of(county.code).facilities
    rows: list[Row] = []
    for community in county.communities:
        areas = _urban_areas(invention, share) if community.is_urban else _village_areas(invention)
        rows += [_centre(county, community, number, area, invention) for number, area in enumerate(areas)]
        if areas and invention.chance(SECOND_SHARE):
            rows.append(_annex(county, community, invention))
    return rows


def _urban_areas(invention: Invention, share: float) -> list[Decimal]:
    """Areas of the community's service centres, in m²; together 500 and more in the given share of communities."""
    if not invention.chance(share):
        return [_square_metres(invention, 90, NEEDED - 20)] if invention.chance(0.85) else []
    total = _square_metres(invention, NEEDED, 1_400)
    if invention.chance(0.3):
        part = (total * invention.number(30, 60) / 100).quantize(Decimal("0.01"))
        return [part, total - part]
    return [total]


def _village_areas(invention: Invention) -> list[Decimal]:
    return [_square_metres(invention, 60, 420)] if invention.chance(VILLAGE_SHARE) else []


def _square_metres(invention: Invention, low: int, high: int) -> Decimal:
    """Mostly round, now and then to the hundredth, as surveyed."""
    if invention.chance(0.6):
        return Decimal(invention.number(low // 10, high // 10) * 10)
    return Decimal(invention.number(low * 100, high * 100)) / 100


def _centre(county: DemoCounty, community: DemoCommunity, number: int, area: Decimal, invention: Invention) -> Row:
    name = "党群服务中心" if number == 0 else "综合服务设施（二）"
    return _facility(county, community, f"{community.short_name}{name}", "综合服务设施", area, invention)


def _annex(county: DemoCounty, community: DemoCommunity, invention: Invention) -> Row:
    name, kind = invention.one_of(
        (("文体活动室", "活动场所"), ("文化广场", "活动场所"), ("老年人日间照料中心", "公益性服务设施"))
    )
    area = _square_metres(invention, 60, 600)
    return _facility(county, community, f"{community.short_name}{name}", kind, area, invention)


def _facility(
    county: DemoCounty, community: DemoCommunity, name: str, kind: str, area: Decimal, invention: Invention
) -> Row:
    row: Row = {
        "county": county.name,
        "town": community.town,
        "community_name": community.name,
        "community_code": community.code,
        "name": name,
        "kind": kind,
        "area": area,
        "activity_area": (area * invention.number(35, 75) / 100).quantize(Decimal(1)),
        "construction_mode": invention.weighted(MODES),
        "tenure": invention.weighted(TENURES),
        "functions": "、".join(sign for sign in FUNCTIONS if invention.chance(0.5)),
        "opened_on": invention.day(datetime.date(2005, 1, 1), datetime.date(2018, 6, 20)),
    }
    if kind != "综合服务设施" and invention.chance(0.05):
        row["closed_on"] = invention.day(datetime.date(2018, 6, 21), datetime.date(2018, 6, 30))
    return row
