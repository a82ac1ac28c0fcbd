"""Demo rows of 培训 and 培训学时: a training of the city each quarter, one of each county a year, and who attended the former."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Final

from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth
from demo.places import DemoCounty
from demo.span import Span

QUARTERLY: Final = (2, 5, 8, 11)  # the months of the city's trainings
YEARLY: Final = 9  # the month of the counties' own, before the exam of the next year
ATTENDING: Final = 8  # people of each county in a training of the city
_KINDS: Final = (
    ("社会工作实务培训", "继续教育", 24),
    ("社会工作督导培训", "督导", 16),
    ("社会工作知识普及", "普及", 8),
)


def training_rows(counties: Iterable[DemoCounty], span: Span) -> RowsByMonth:
    """Return the rows of trainings by month, each a dict by field."""
    every = list(counties)
    return {month: [*_of_city(month), *_of_counties(every, month)] for month in span.months}


def training_record_rows(workers: Mapping[str, RowsByMonth], trainings: RowsByMonth, span: Span) -> RowsByMonth:
    """Return the rows of hours by month: of each training of the city some holders of certificates of every county.

    `workers` are the rows of 社会工作者 by the county's code. Chosen are people of the first month who stay.
    """
    staying = {code: _staying(rows, span) for code, rows in workers.items()}
    found: RowsByMonth = {month: [] for month in span.months}
    for month in span.months:
        for training in trainings[month]:
            if "county" in training:
                continue
            for code, people in staying.items():
                fake = FakeData("training_records", code, training["number"])
                found[month] += [
                    {
                        "training": training["number"],
                        "id_number": person["id_number"],
                        "hours": training["hours"] if fake.chance(0.9) else training["hours"] // 2,
                    }
                    for person in fake.some_of(people, ATTENDING)
                ]
    return found


def _of_city(month: datetime.date) -> list[Row]:
    if month.month not in QUARTERLY:
        return []
    name, kind, hours = _KINDS[QUARTERLY.index(month.month) % len(_KINDS)]
    return [_training(f"CZ-{month:%Y%m}", f"全市{name}", kind, hours, month)]


def _of_counties(counties: Iterable[DemoCounty], month: datetime.date) -> list[Row]:
    if month.month != YEARLY:
        return []
    return [
        {"county": county.name} | _training(f"{county.code}-{month:%Y%m}", f"{county.name}考前培训", "考前", 40, month)
        for county in counties
    ]


def _training(number: str, name: str, kind: str, hours: int, month: datetime.date) -> Row:
    fake = FakeData("trainings", number)
    begins = fake.number(4, 18)
    return {
        "number": number,
        "name": name,
        "kind": kind,
        "starts_on": month.replace(day=begins),
        "ends_on": month.replace(day=begins + hours // 8 - 1),
        "hours": hours,
        "party_members": fake.number(5, 30),
        "committee_members": fake.number(10, 60),
        "community_workers": fake.number(20, 120),
        "service_staff": fake.number(0, 15),
        "note": "演示数据",
    }


def _staying(rows: RowsByMonth, span: Span) -> list[Row]:
    """Return the holders of certificates of the first month who neither leave nor move."""
    later = {row["id_number"] for month in span.later for row in rows[month]}
    return [row for row in rows[span.first] if row["level"] != "无" and row["id_number"] not in later]
