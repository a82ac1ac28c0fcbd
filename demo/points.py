"""Demo rows of 服务站点: counters of some towns, stations and platforms of some communities; a few open later."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from itertools import islice

from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span

TOWNS = 3  # of each county with a counter from the beginning; one more opens later
COMMUNITIES = 4  # of each county with a point
LATER_SHARE = 0.04  # of the counties that open a counter in a month
_KINDS = (("社会工作站", "社会工作站（室）"), ("志愿服务站", "志愿服务站"), ("社会组织服务中心", "社会组织服务平台"))


def point_rows(counties: Iterable[DemoCounty], span: Span) -> RowsByMonth:
    """Return the rows of the city's list of points by month, each a dict by field."""
    generators = [_Points(county, span) for county in counties]
    rows = {span.first: [row for each in generators for row in each.first()]}
    for month in span.later:
        rows[month] = [row for each in generators for row in each.opened_in(month)]
    return rows


class _Points:
    """Generator of one county's points."""

    def __init__(self, county: DemoCounty, span: Span) -> None:
        self._county = county
        self._span = span
        self._fake = FakeData("points", county.code)
        towns = [community for community in county.communities if community.leads_town]
        self._with_counter, self._waiting = towns[:TOWNS], towns[TOWNS : TOWNS + 1]

    def first(self) -> Iterator[Row]:
        """Yield the points of the first month."""
        for community in self._with_counter:
            yield self._counter(community, self._day_before_start())
        urban = (each for each in self._county.communities if each.is_urban)
        for number, community in enumerate(islice(urban, COMMUNITIES)):
            yield self._point(community, *_KINDS[number % len(_KINDS)])

    def opened_in(self, month: datetime.date) -> Iterator[Row]:
        """Yield the counter that opens in a month, at most one in all."""
        if self._waiting and self._fake.chance(LATER_SHARE):
            yield self._counter(self._waiting.pop(), self._fake.day_in(month))

    def _counter(self, community: DemoCommunity, opened_on: datetime.date) -> Row:
        town = community.town
        return {
            "county": self._county.name,
            "town": town,
            "name": f"{town.removesuffix('人民政府').removesuffix('办事处')}便民服务中心",
            "functions": "一站式服务窗口",
            "windows": self._fake.number(3, 9),
            "accepts_all": self._fake.chance(0.4),
            "opened_on": opened_on,
        }

    def _point(self, community: DemoCommunity, name: str, function: str) -> Row:
        row = {
            "county": self._county.name,
            "town": community.town,
            "community_name": community.name,
            "community_code": community.code,
            "name": f"{community.short_name}{name}",
            "functions": function,
            "opened_on": self._day_before_start(),
        }
        return row | {"posts": self._fake.number(1, 3)} if function.startswith("社会工作站") else row

    def _day_before_start(self) -> datetime.date:
        return self._fake.day(datetime.date(2014, 1, 1), self._span.day - datetime.timedelta(days=10))
