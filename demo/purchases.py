"""Demo rows around 购买服务项目: the city's catalogue, reviews and acceptances of projects, and what was paid.

Of a project half of the way is reviewed, its end, and its acceptance; its money comes in two instalments. Beside that
each county pays for other things of the paper each quarter.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Final

from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth
from demo.places import DemoCounty
from demo.projects import CATALOGUE_CODES, SOURCES, Project, projects_of
from demo.span import Span
from periods.models import last_day_of

_NAMES: Final = {
    "社区养老": "居家和社区养老服务",
    "社区文化": "社区文化活动服务",
    "社会救助": "困难家庭探访和救助服务",
    "社区体育": "社区体育健身指导服务",
    "社区矫正": "社区矫正帮扶服务",
    "其他": "社区社会工作综合服务",
}
_SCORES: Final = {"优": (90, 98), "良": (80, 89), "中": (60, 79), "差": (45, 59)}
_PAYERS: Final = {
    "一般公共预算": "县财政",
    "福彩公益金": "市财政",
    "慈善资金": "慈善组织",
    "社会捐赠": "个人捐赠合计",
    "驻区单位": "驻区单位",
}
_OTHER_PURPOSES: Final = {
    "设施建设": 3.0,
    "社区经费": 4.0,
    "组织扶持": 2.0,
    "活动": 2.0,
    "社工人才": 1.0,
    "信息平台": 0.5,
}
# How often the last instalment is paid and not registered.
_FORGOTTEN: Final = 0.04
_NOTE: Final = "演示数据"


def catalogue_rows(span: Span) -> RowsByMonth:
    """Return the rows of the city's catalogue by month: all of them in the first, none later."""
    rows: list[Row] = [
        {
            "code": code,
            "name": _NAMES[field],
            "field": field,
            "finance_code": f"B01{number:02d}",
            "prefers_organizations": field != "其他",
            "valid_from": datetime.date(2016, 1, 1),
            "note": _NOTE,
        }
        for number, (field, code) in enumerate(CATALOGUE_CODES.items(), start=1)
    ]
    return {month: rows if month == span.first else [] for month in span.months}


def review_rows(counties: list[DemoCounty], span: Span) -> RowsByMonth:
    """Return the rows of the reviews by month, each a dict by field."""
    rows = [row for project in projects_of(counties) for row in _reviews_of(project)]
    return _by_month(rows, "reviewed_on", span)


def payment_rows(counties: list[DemoCounty], span: Span) -> RowsByMonth:
    """Return the rows of the payments by month, each a dict by field; amounts in yuan."""
    rows = [row for project in projects_of(counties) for row in _instalments_of(project)]
    rows += [row for county in counties for row in _other_payments(county, span)]
    return _by_month(rows, "paid_on", span)


def _by_month(rows: list[Row], day: str, span: Span) -> RowsByMonth:
    """Return rows by the month of their day; the first month has all that came before, later ones are left out."""
    found: RowsByMonth = {month: [] for month in span.months}
    for row in sorted(rows, key=lambda row: row[day]):
        month = max(row[day].replace(day=1), span.first)
        if row[day] <= last_day_of(span.last):
            found[month].append(row)
    return found


def _reviews_of(project: Project) -> Iterator[Row]:
    """Yield the reviews of a project: one that is given up is reviewed in its middle alone."""
    fake = FakeData("reviews", project.number)
    about: Row = {"project_number": project.number, "county": project.county.name, "note": _NOTE}
    low, high = _SCORES[project.grade or "差"]
    score = fake.number(low, high)
    middle = project.starts_on + (project.ends_on - project.starts_on) // 2
    yield about | {
        "kind": "中期",
        "reviewed_on": middle,
        "score": max(40, score - fake.number(2, 8)),
        "reviewer": "购买主体",
    }
    if not project.grade:
        return
    yield about | {"kind": "末期", "reviewed_on": project.ends_on, "score": score, "reviewer": "第三方"}
    yield about | {"kind": "验收", "reviewed_on": project.noted_on, "reviewer": "购买主体"}


def _instalments_of(project: Project) -> Iterator[Row]:
    """Yield the payments of a project: what is paid in advance, and the rest once it is accepted."""
    fake = FakeData("payments", project.number)
    source = str(project.fixed["funding_source"])
    about: Row = {
        "county": project.county.name,
        "source": source,
        "purpose": "公益创投" if project.fixed["purchase_method"] == "公益创投" else "购买服务",
        "project_number": project.number,
        "payer": _PAYERS[source],
        "note": _NOTE,
    }
    voucher = project.number.replace("GM", "PZ")
    advance = project.contract * (project.paid if project.grade else 30) // 100
    yield about | {
        "voucher": f"{voucher}-1",
        "paid_on": project.starts_on + datetime.timedelta(days=fake.number(3, 10)),
        "amount": advance,
        "instalment": 1,
    }
    if project.grade and not fake.chance(_FORGOTTEN):
        yield about | {
            "voucher": f"{voucher}-2",
            "paid_on": project.noted_on,
            "amount": project.contract - advance,
            "instalment": 2,
        }


def _other_payments(county: DemoCounty, span: Span) -> Iterator[Row]:
    """Yield what a county pays each quarter for other ends than projects."""
    fake = FakeData("other payments", county.code)
    for month in span.months:
        if month.month % 3:
            continue
        for number in range(1, fake.number(1, 3) + 1):
            source = fake.weighted(SOURCES)
            yield {
                "voucher": f"演示QT{month:%Y%m}-{county.code}-{number}",
                "county": county.name,
                "paid_on": fake.day_in(month),
                "amount": fake.number(2, 60) * 5_000,
                "source": source,
                "purpose": fake.weighted(_OTHER_PURPOSES),
                "payer": _PAYERS[source],
                "note": _NOTE,
            }
