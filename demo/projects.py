"""Demo rows of 购买服务项目: one list for the whole city, which the bureau updates every month."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from demo.county_profiles import profile_of
from demo.fake_data import FakeData, credit_code
from demo.monthly_rows import Row, RowsByMonth
from demo.organizations import agency_of
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span
from periods.models import last_day_of, month_after

YEARS = (2017, 2018, 2019, 2020)
# The provider for counties without an agency of their own: one registered with the city.
FROM_OUTSIDE = ("长治市三社联动社会工作服务中心", credit_code("52", "140400", 90_001))
FIELDS = {"社区养老": 5.0, "社区文化": 3.0, "社会救助": 3.0, "社区体育": 1.5, "社区矫正": 1.0, "其他": 1.0}
# The line of the city's purchase catalogue for each field.
CATALOGUE_CODES = {field: f"演示QD-{number:02d}" for number, field in enumerate(FIELDS, start=1)}
BENEFICIARIES = {"全体居民": 4.0, "困难群众": 3.0, "农村留守人员": 2.0, "特殊人群": 1.0, "城市流动人口": 1.0}
METHODS = {"公开招标": 4.0, "竞争性磋商": 3.0, "公益创投": 2.0, "询价": 1.0, "单一来源": 0.5, "自行采购": 0.5}
SOURCES = {"一般公共预算": 5.0, "福彩公益金": 4.0, "慈善资金": 1.0, "社会捐赠": 0.5, "驻区单位": 0.5}
GRADES = {"优": 3.0, "良": 5.0, "中": 1.5, "差": 0.3}


def project_rows(counties: list[DemoCounty], span: Span) -> RowsByMonth:
    """Return the rows of the city's 购买服务项目 sheets by month, each a dict by field; amounts in yuan.

    A project appears in the month it is announced, and again in every month in which its state has changed.
    """
    projects = list(projects_of(counties))
    rows_by_month: RowsByMonth = {}
    for number, month in enumerate(span.months):
        before = last_day_of(month_after(month, -1)) if number else None
        states = ((project, project.state_on(last_day_of(month))) for project in projects)
        rows_by_month[month] = [
            project.row(month) | state
            for project, state in states
            if state and (before is None or state != project.state_on(before))
        ]
    return rows_by_month


@dataclass(frozen=True, slots=True)
class Project:
    """A project with the dates and values of all its states."""

    county: DemoCounty
    fixed: Row
    announced_on: datetime.date
    signed_on: datetime.date
    starts_on: datetime.date
    ends_on: datetime.date
    noted_on: datetime.date  # when the office reports that it has ended
    contract: int
    paid: int  # of the contract, in percent, while it is performed
    outcome: Row

    @property
    def number(self) -> str:
        """Return the number of the project."""
        return str(self.fixed["number"])

    @property
    def grade(self) -> str:
        """Return the grade of a project that was accepted; "" for one that was given up."""
        return str(self.outcome["grade"]) if self.outcome["status"] == "已验收" else ""

    def row(self, month: datetime.date) -> Row:
        """Return the values that do not depend on the state. `communities` are codes, which `demo.files` replaces."""
        return self.fixed | {"buyer": f"{self.county.name_on(last_day_of(month))}民政局"}

    def state_on(self, day: datetime.date) -> Row | None:
        """Return the values of the project's state on a day; None before it is announced."""
        if day < self.announced_on:
            return None
        if day < self.starts_on:
            return {"status": "采购中"}
        contract: Row = {"contract_amount": self.contract, "signed_on": self.signed_on}
        if day < self.noted_on:
            return contract | {"status": "履约中", "paid": self.contract * self.paid // 100}
        return contract | self.outcome


def projects_of(counties: list[DemoCounty]) -> Iterator[Project]:
    """Yield all projects of the demo, the same at each call."""
    fake = FakeData("projects")
    for year in YEARS:
        numbers = count(1)
        for county in counties:
            agencies = profile_of(county.code).agencies_in(datetime.date(year, 12, 1))
            for _ in range(2 + 2 * agencies + fake.number(0, 2)):
                yield _project(county, year, next(numbers), fake)


def _project(county: DemoCounty, year: int, number: int, fake: FakeData) -> Project:
    field = fake.weighted(FIELDS)
    budget = fake.number(5, 80) * 10_000
    contract = budget * fake.number(90, 100) // 100
    starts_on = fake.day(datetime.date(year, 3, 1), datetime.date(year, 12, 1))
    ends_on = starts_on + datetime.timedelta(days=fake.one_of((182, 364, 364, 729)))
    agency, code = _provider(county, starts_on, fake)
    is_forgotten = fake.chance(0.06)
    fixed: Row = {
        "number": f"演示GM{year}-{number:03d}",
        "name": f"{county.name}{field}服务项目（{year}—{number}）",
        "county": county.name,
        "provider_name": agency,
        "provider_credit_code": code,
        "communities": tuple(community.code for community in _served(county, fake)),
        "catalogue_code": CATALOGUE_CODES[field],
        "field": field,
        "beneficiaries": fake.weighted(BENEFICIARIES),
        "purchase_method": fake.weighted(METHODS),
        "funding_source": fake.weighted(SOURCES),
        "budget": budget,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    return Project(
        county=county,
        fixed=fixed,
        announced_on=starts_on - datetime.timedelta(days=fake.number(40, 90)),
        signed_on=starts_on - datetime.timedelta(days=fake.number(5, 30)),
        starts_on=starts_on,
        ends_on=ends_on,
        noted_on=ends_on + datetime.timedelta(days=45) if is_forgotten else ends_on,
        contract=contract,
        paid=fake.number(3, 7) * 10,
        outcome=_outcome(contract, fake),
    )


def _outcome(contract: int, fake: FakeData) -> Row:
    if fake.chance(0.04):
        return {"status": "已终止", "paid": contract * 3 // 10, "grade": "差"}
    return {"status": "已验收", "paid": contract, "grade": fake.weighted(GRADES)}


def _provider(county: DemoCounty, day: datetime.date, fake: FakeData) -> tuple[str, str]:
    """Return name and credit code of an agency of the county, or FROM_OUTSIDE where it has none yet."""
    agencies = profile_of(county.code).agencies_in(day.replace(day=1))
    return agency_of(county, fake.number(0, agencies - 1)) if agencies else FROM_OUTSIDE


def _served(county: DemoCounty, fake: FakeData) -> list[DemoCommunity]:
    return fake.some_of(county.communities, fake.number(1, 5))
