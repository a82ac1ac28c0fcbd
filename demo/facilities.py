"""Demo rows of 服务设施: a county's facilities in the first month, later openings and closings."""

from __future__ import annotations

import datetime
from collections import defaultdict
from decimal import Decimal
from functools import partial

from demo.county_profiles import ShareCurve, profile_of
from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth, TargetProgress, sorted_by_place
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span

NEEDED = 500  # m² required of an urban community [四（一）2]
FUNCTIONS = ("党员活动中心", "居民议事中心", "便民服务中心", "文化活动中心", "社区养老和老年服务中心")
MODES = {"筹资新建": 4.0, "开发配建": 3.0, "政府购买": 1.0, "驻区单位援助": 1.0, "调剂置换": 2.0}
TENURES = {"自有": 6.0, "租赁": 2.0, "借用": 2.0, "共建": 1.0}
VILLAGES = ShareCurve(0.55, 0.72)  # villages with a service centre
SECOND_SHARE = 0.25  # share of communities with a second facility beside the centre
CENTRE = "综合服务设施"
_NAMES = ("党群服务中心", "综合服务设施（二）", "综合服务设施（三）", "综合服务设施（四）", "综合服务设施（五）")
_ANNEXES = (("文体活动室", "活动场所"), ("文化广场", "活动场所"), ("老年人日间照料中心", "公益性服务设施"))


def facility_rows(county: DemoCounty, span: Span) -> RowsByMonth:
    """Return the rows of the county's 服务设施 sheets by month, each a dict by field."""
    return _Facilities(county, span).rows_by_month()


class _Facilities:
    """Generator of one county's facilities, month by month."""

    def __init__(self, county: DemoCounty, span: Span) -> None:
        self._county = county
        self._span = span
        self._fake = FakeData("facilities", county.code)
        self._centres: dict[str, list[Row]] = defaultdict(list)  # in use, by community
        self._built: dict[str, int] = defaultdict(int)  # centres opened so far, by community
        urban = [community for community in county.communities if community.is_urban]
        villages = [community for community in county.communities if not community.is_urban]
        self._urban = TargetProgress(urban, profile_of(county.code).facilities, self._fake)
        self._villages = TargetProgress(villages, VILLAGES, self._fake)

    def rows_by_month(self) -> RowsByMonth:
        """Return the rows of every month of the span."""
        rows_by_month = {self._span.first: self._first()}
        for month in self._span.later:
            gain, lose = partial(self._open_centre, month), partial(self._close_centres, month)
            rows = [
                row
                for progress in (self._urban, self._villages)
                for row in progress.rows_in(month, gain=gain, lose=lose)
            ]
            rows_by_month[month] = sorted_by_place(rows, self._county.communities)
        return rows_by_month

    def _first(self) -> list[Row]:
        has_enough = self._urban.start(self._span.first)
        has_centre = self._villages.start(self._span.first)
        rows: list[Row] = []
        for community in self._county.communities:
            areas = (
                self._urban_areas(community.code in has_enough)
                if community.is_urban
                else [self._square_metres(60, 420)] * (community.code in has_centre)
            )
            rows += [self._centre(community, area, self._day_before_start()) for area in areas]
            if areas and self._fake.chance(SECOND_SHARE):
                rows.append(self._annex(community))
        return rows

    def _urban_areas(self, is_enough: bool) -> list[Decimal]:
        """Return the areas (m²) of an urban community's service centres; with `is_enough` at least 500 m² together."""
        if not is_enough:
            return [self._square_metres(120, NEEDED - 20)] if self._fake.chance(0.94) else []
        total = self._square_metres(NEEDED, 1_400)
        if self._fake.chance(0.3):
            part = (total * self._fake.number(30, 60) / 100).quantize(Decimal("0.01"))
            return [part, total - part]
        return [total]

    def _square_metres(self, low: int, high: int) -> Decimal:
        """Return an area in m² between the bounds: mostly a multiple of 10, sometimes with two decimals."""
        if self._fake.chance(0.6):
            return Decimal(self._fake.number(-(-low // 10), high // 10) * 10)
        return Decimal(self._fake.number(low * 100, high * 100)) / 100

    def _day_before_start(self) -> datetime.date:
        return self._fake.day(datetime.date(2005, 1, 1), self._span.day - datetime.timedelta(days=10))

    def _open_centre(self, month: datetime.date, community: DemoCommunity) -> list[Row]:
        """Open a centre in the community, for an urban one large enough that the areas together meet the target."""
        day = self._fake.day_in(month)
        if not community.is_urban:
            return [self._centre(community, self._square_metres(60, 420), day)]
        missing = int(NEEDED - sum(row["area"] for row in self._centres[community.code]))
        return [self._centre(community, self._square_metres(missing + 10, missing + 400), day)]

    def _close_centres(self, month: datetime.date, community: DemoCommunity) -> list[Row]:
        """Close the largest centres until the remaining areas no longer meet the target."""
        closed = []
        in_use = sorted(self._centres[community.code], key=lambda row: row["area"])
        while in_use and sum(row["area"] for row in in_use) >= (NEEDED if community.is_urban else 1):
            closed.append(in_use.pop() | {"closed_on": self._fake.day_in(month), "note": "租期届满停用"})
        self._centres[community.code] = in_use
        return closed

    def _centre(self, community: DemoCommunity, area: Decimal, opened_on: datetime.date) -> Row:
        name = _NAMES[self._built[community.code]]
        self._built[community.code] += 1
        row = self._facility(community, f"{community.short_name}{name}", CENTRE, area, opened_on)
        self._centres[community.code].append(row)
        return row

    def _annex(self, community: DemoCommunity) -> Row:
        name, kind = self._fake.one_of(_ANNEXES)
        area = self._square_metres(60, 600)
        row = self._facility(community, f"{community.short_name}{name}", kind, area, self._day_before_start())
        if self._fake.chance(0.05):
            row["closed_on"] = self._fake.day(self._span.first, self._span.day)
            row["opened_on"] = min(row["opened_on"], self._span.first)
        return row

    def _facility(self, community: DemoCommunity, name: str, kind: str, area: Decimal, opened_on: datetime.date) -> Row:
        fake = self._fake
        return {
            "county": self._county.name,
            "town": community.town,
            "community_name": community.name,
            "community_code": community.code,
            "name": name,
            "kind": kind,
            "area": area,
            "activity_area": (area * fake.number(35, 75) / 100).quantize(Decimal(1)),
            "construction_mode": fake.weighted(MODES),
            "tenure": fake.weighted(TENURES),
            "functions": "、".join(sign for sign in FUNCTIONS if fake.chance(0.5)),
            "opened_on": opened_on,
        }
