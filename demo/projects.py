"""购买服务项目 in the demo: one list for the whole city, kept by the bureau month by month."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from demo.character import character_of
from demo.invention import Invention, credit_code
from demo.organizations import agency_of
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span
from demo.story import Row, Story
from periods.models import last_day_of, month_after

YEARS = (2017, 2018, 2019, 2020)
# Who performs where a county has no agency of its own: one registered with the city.
FROM_OUTSIDE = ("长治市三社联动社会工作服务中心", credit_code("52", "140400", 90_001))
FIELDS = {"社区养老": 5.0, "社区文化": 3.0, "社会救助": 3.0, "社区体育": 1.5, "社区矫正": 1.0, "其他": 1.0}
BENEFICIARIES = {"全体居民": 4.0, "困难群众": 3.0, "农村留守人员": 2.0, "特殊人群": 1.0, "城市流动人口": 1.0}
METHODS = {"公开招标": 4.0, "竞争性磋商": 3.0, "公益创投": 2.0, "询价": 1.0, "单一来源": 0.5, "自行采购": 0.5}
SOURCES = {"一般公共预算": 5.0, "福彩公益金": 4.0, "慈善资金": 1.0, "社会捐赠": 0.5, "驻区单位": 0.5}
GRADES = {"优": 3.0, "良": 5.0, "中": 1.5, "差": 0.3}


def project_story(counties: list[DemoCounty], span: Span) -> Story:
    """The rows of the city's 购买服务项目 sheets, by month and field; money in yuan.

    A project appears when its money is asked for, and again whenever its state has changed.
    """
    projects = list(_projects(counties))
    told: Story = {}
    for number, month in enumerate(span.months):
        before = last_day_of(month_after(month, -1)) if number else None
        states = ((project, project.state_on(last_day_of(month))) for project in projects)
        told[month] = [
            project.row(month) | state
            for project, state in states
            if state and (before is None or state != project.state_on(before))
        ]
    return told


@dataclass(frozen=True, slots=True)
class _Project:
    """A project with all that will become of it."""

    county: DemoCounty
    fixed: Row
    announced_on: datetime.date
    signed_on: datetime.date
    starts_on: datetime.date
    ends_on: datetime.date
    noted_on: datetime.date  # when the office gets round to saying that it is over
    contract: int
    paid: int  # of the contract, in percent, while it is performed
    outcome: Row

    def row(self, month: datetime.date) -> Row:
        """What does not change, but for the buyer's name. `communities` are codes still (see `demo.files`)."""
        return self.fixed | {"buyer": f"{self.county.name_on(last_day_of(month))}民政局"}

    def state_on(self, day: datetime.date) -> Row | None:
        """Where the project stands on a day; None while nobody has heard of it."""
        if day < self.announced_on:
            return None
        if day < self.starts_on:
            return {"status": "采购中"}
        contract: Row = {"contract_amount": self.contract, "signed_on": self.signed_on}
        if day < self.noted_on:
            return contract | {"status": "履约中", "paid": self.contract * self.paid // 100}
        return contract | self.outcome


def _projects(counties: list[DemoCounty]) -> Iterator[_Project]:
    invention = Invention("projects")
    for year in YEARS:
        numbers = count(1)
        for county in counties:
            agencies = character_of(county.code).agencies_in(datetime.date(year, 12, 1))
            for _ in range(2 + 2 * agencies + invention.number(0, 2)):
                yield _project(county, year, next(numbers), invention)


def _project(county: DemoCounty, year: int, number: int, invention: Invention) -> _Project:
    field = invention.weighted(FIELDS)
    budget = invention.number(5, 80) * 10_000
    contract = budget * invention.number(90, 100) // 100
    starts_on = invention.day(datetime.date(year, 3, 1), datetime.date(year, 12, 1))
    ends_on = starts_on + datetime.timedelta(days=invention.one_of((182, 364, 364, 729)))
    agency, code = _provider(county, starts_on, invention)
    is_forgotten = invention.chance(0.06)
    fixed: Row = {
        "number": f"演示GM{year}-{number:03d}",
        "name": f"{county.name}{field}服务项目（{year}—{number}）",
        "county": county.name,
        "provider_name": agency,
        "provider_credit_code": code,
        "communities": tuple(community.code for community in _served(county, invention)),
        "field": field,
        "beneficiaries": invention.weighted(BENEFICIARIES),
        "purchase_method": invention.weighted(METHODS),
        "funding_source": invention.weighted(SOURCES),
        "budget": budget,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    return _Project(
        county=county,
        fixed=fixed,
        announced_on=starts_on - datetime.timedelta(days=invention.number(40, 90)),
        signed_on=starts_on - datetime.timedelta(days=invention.number(5, 30)),
        starts_on=starts_on,
        ends_on=ends_on,
        noted_on=ends_on + datetime.timedelta(days=45) if is_forgotten else ends_on,
        contract=contract,
        paid=invention.number(3, 7) * 10,
        outcome=_outcome(contract, invention),
    )


def _outcome(contract: int, invention: Invention) -> Row:
    if invention.chance(0.04):
        return {"status": "已终止", "paid": contract * 3 // 10, "grade": "差"}
    return {"status": "已验收", "paid": contract, "grade": invention.weighted(GRADES)}


def _provider(county: DemoCounty, day: datetime.date, invention: Invention) -> tuple[str, str]:
    """An agency of the county; one with another county's name where the county has none yet."""
    agencies = character_of(county.code).agencies_in(day.replace(day=1))
    return agency_of(county, invention.number(0, agencies - 1)) if agencies else FROM_OUTSIDE


def _served(county: DemoCounty, invention: Invention) -> list[DemoCommunity]:
    return invention.some_of(county.communities, invention.number(1, 5))
