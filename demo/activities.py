"""Demo rows of 活动 and 组织扶持: what some organizations of urban communities hold each month, and what supports them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth
from demo.places import DemoCounty
from demo.span import Span, busyness

ORGANIZATIONS = 8  # of each county that hold activities
HELD_A_MONTH = 3.0  # activities of a county in an ordinary month
SUPPORTED_A_QUARTER = 1  # organizations of a county that get support
QUARTER = 3
# Title and kind; the ones that help households say how many.
_HELD = (
    ("邻里节", "邻里互助"),
    ("为老年人理发", "邻里互助"),
    ("外来居民联谊会", "居民融入"),
    ("楼院纠纷调解", "纠纷调解"),
    ("平安巡逻", "平安创建"),
    ("走访困难家庭", "扶贫济困"),
    ("环境清洁志愿服务", "志愿服务"),
    ("广场文艺演出", "文体"),
    ("便民服务日", "便民服务"),
)
_SUPPORTED = (("场地", "area"), ("经费", "amount"), ("人才", ""), ("培训督导", ""), ("简化登记", ""))


def activity_rows(organizations: Mapping[str, list[Row]], counties: Iterable[DemoCounty], span: Span) -> RowsByMonth:
    """Return the rows of the city's list of activities by month, each a dict by field.

    `organizations` are the rows of the first month by county code: those hold the activities.
    """
    generators = [_County(county, organizations[county.code], "activities") for county in counties]
    return {month: [row for each in generators for row in each.held_in(month)] for month in span.months}


def support_rows(organizations: Mapping[str, list[Row]], counties: Iterable[DemoCounty], span: Span) -> RowsByMonth:
    """Return the rows of the city's list of support by month, each a dict by field; [] between quarters."""
    generators = [_County(county, organizations[county.code], "supports") for county in counties]
    return {
        month: [row for each in generators for row in each.supported_in(month)] if month.month % QUARTER == 0 else []
        for month in span.months
    }


class _County:
    """Generator of one county's activities or support."""

    def __init__(self, county: DemoCounty, organizations: Iterable[Row], what: str) -> None:
        self._fake = FakeData(what, county.code)
        urban = {community.code for community in county.communities if community.is_urban}
        filed = [
            row for row in organizations if row.get("registration") == "街道备案" and row.get("community_code") in urban
        ]
        self._organizations = self._fake.some_of(filed, ORGANIZATIONS)

    def held_in(self, month: datetime.date) -> Iterator[Row]:
        """Yield the activities of a month: few around the Spring Festival and in the epidemic of 2020."""
        fake = self._fake
        held: set[tuple[str, str]] = set()
        for _ in range(fake.about(HELD_A_MONTH * busyness(month)) if self._organizations else 0):
            organization, (title, kind) = fake.one_of(self._organizations), fake.one_of(_HELD)
            volunteers, people = fake.number(2, 20), fake.number(10, 120)
            if (organization["community_code"], title) in held:
                continue
            held.add((organization["community_code"], title))
            row = _place_of(organization) | {
                "held_on": fake.day_in(month),
                "title": title,
                "kind": kind,
                "organization": organization["name"],
                "participants": people,
                "volunteers": volunteers,
                "volunteer_hours": Decimal(volunteers * fake.number(2, 8)) / 2,
            }
            yield row | ({"households": fake.number(2, 15)} if kind == "扶贫济困" else {})

    def supported_in(self, month: datetime.date) -> Iterator[Row]:
        """Yield the support that begins in a month."""
        fake = self._fake
        for organization in fake.some_of(self._organizations, SUPPORTED_A_QUARTER):
            kind, amount_of = fake.one_of(_SUPPORTED)
            row = _place_of(organization) | {
                "organization": organization["name"],
                "kind": kind,
                "valid_from": fake.day_in(month),
            }
            given = {"amount": fake.number(5, 40) * 500, "area": fake.number(20, 120)}
            yield row | ({amount_of: given[amount_of]} if amount_of else {})


def _place_of(organization: Row) -> Row:
    return {name: organization[name] for name in ("county", "town", "community_name", "community_code")}
