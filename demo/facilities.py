"""服务设施 in the demo: what a county has at first, what is built later, and what is given up."""

from __future__ import annotations

import datetime
from collections import defaultdict
from decimal import Decimal
from functools import partial

from demo.character import Course, character_of
from demo.invention import Invention
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span
from demo.story import Climb, Row, Story, in_order

NEEDED = 500  # m² that an urban community should have [四（一）2]
FUNCTIONS = ("党员活动中心", "居民议事中心", "便民服务中心", "文化活动中心", "社区养老和老年服务中心")
MODES = {"筹资新建": 4.0, "开发配建": 3.0, "政府购买": 1.0, "驻区单位援助": 1.0, "调剂置换": 2.0}
TENURES = {"自有": 6.0, "租赁": 2.0, "借用": 2.0, "共建": 1.0}
VILLAGES = Course(0.55, 0.72)  # villages with a service centre
SECOND_SHARE = 0.25  # places with something beside the centre
CENTRE = "综合服务设施"
_NAMES = ("党群服务中心", "综合服务设施（二）", "综合服务设施（三）", "综合服务设施（四）", "综合服务设施（五）")
_ANNEXES = (("文体活动室", "活动场所"), ("文化广场", "活动场所"), ("老年人日间照料中心", "公益性服务设施"))


def facility_story(county: DemoCounty, span: Span) -> Story:
    """The rows of the county's 服务设施 sheets, by month and field."""
    return _Facilities(county, span).story()


class _Facilities:
    """One county's facilities while the months go by."""

    def __init__(self, county: DemoCounty, span: Span) -> None:
        self._county = county
        self._span = span
        self._invention = Invention("facilities", county.code)
        self._centres: dict[str, list[Row]] = defaultdict(list)  # in use, by community
        self._built: dict[str, int] = defaultdict(int)  # how many centres there ever were
        urban = [community for community in county.communities if community.is_urban]
        villages = [community for community in county.communities if not community.is_urban]
        self._urban = Climb(urban, character_of(county.code).facilities, self._invention)
        self._villages = Climb(villages, VILLAGES, self._invention)

    def story(self) -> Story:
        """Month by month."""
        told = {self._span.first: self._first()}
        for month in self._span.later:
            lift, drop = partial(self._build, month), partial(self._close, month)
            rows = [
                row for climb in (self._urban, self._villages) for row in climb.rows_of(month, lift=lift, drop=drop)
            ]
            told[month] = in_order(rows, self._county.communities)
        return told

    def _first(self) -> list[Row]:
        has_enough = self._urban.begin(self._span.first)
        has_centre = self._villages.begin(self._span.first)
        rows: list[Row] = []
        for community in self._county.communities:
            areas = (
                self._urban_areas(community.code in has_enough)
                if community.is_urban
                else [self._square_metres(60, 420)] * (community.code in has_centre)
            )
            rows += [self._centre(community, area, self._long_ago()) for area in areas]
            if areas and self._invention.chance(SECOND_SHARE):
                rows.append(self._annex(community))
        return rows

    def _urban_areas(self, is_enough: bool) -> list[Decimal]:
        """Areas of the community's service centres, in m²; together 500 and more where that is enough."""
        if not is_enough:
            return [self._square_metres(120, NEEDED - 20)] if self._invention.chance(0.94) else []
        total = self._square_metres(NEEDED, 1_400)
        if self._invention.chance(0.3):
            part = (total * self._invention.number(30, 60) / 100).quantize(Decimal("0.01"))
            return [part, total - part]
        return [total]

    def _square_metres(self, low: int, high: int) -> Decimal:
        """Mostly round, now and then to the hundredth, as surveyed."""
        if self._invention.chance(0.6):
            return Decimal(self._invention.number(-(-low // 10), high // 10) * 10)
        return Decimal(self._invention.number(low * 100, high * 100)) / 100

    def _long_ago(self) -> datetime.date:
        return self._invention.day(datetime.date(2005, 1, 1), self._span.day - datetime.timedelta(days=10))

    def _build(self, month: datetime.date, community: DemoCommunity) -> list[Row]:
        """A new centre, or another house beside those in use, large enough for what is missing."""
        day = self._invention.day_in(month)
        if not community.is_urban:
            return [self._centre(community, self._square_metres(60, 420), day)]
        missing = int(NEEDED - sum(row["area"] for row in self._centres[community.code]))
        return [self._centre(community, self._square_metres(missing + 10, missing + 400), day)]

    def _close(self, month: datetime.date, community: DemoCommunity) -> list[Row]:
        """Give up the largest house, and another while those that stay are still enough."""
        gone = []
        in_use = sorted(self._centres[community.code], key=lambda row: row["area"])
        while in_use and sum(row["area"] for row in in_use) >= (NEEDED if community.is_urban else 1):
            gone.append(in_use.pop() | {"closed_on": self._invention.day_in(month), "note": "租期届满停用"})
        self._centres[community.code] = in_use
        return gone

    def _centre(self, community: DemoCommunity, area: Decimal, opened_on: datetime.date) -> Row:
        name = _NAMES[self._built[community.code]]
        self._built[community.code] += 1
        row = self._facility(community, f"{community.short_name}{name}", CENTRE, area, opened_on)
        self._centres[community.code].append(row)
        return row

    def _annex(self, community: DemoCommunity) -> Row:
        name, kind = self._invention.one_of(_ANNEXES)
        area = self._square_metres(60, 600)
        row = self._facility(community, f"{community.short_name}{name}", kind, area, self._long_ago())
        if self._invention.chance(0.05):
            row["closed_on"] = self._invention.day(self._span.first, self._span.day)
            row["opened_on"] = min(row["opened_on"], self._span.first)
        return row

    def _facility(self, community: DemoCommunity, name: str, kind: str, area: Decimal, opened_on: datetime.date) -> Row:
        invention = self._invention
        return {
            "county": self._county.name,
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
            "opened_on": opened_on,
        }
