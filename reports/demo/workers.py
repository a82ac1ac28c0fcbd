"""社会工作者 in the demo: who works at communities, and at the towns' stations."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from itertools import count, groupby
from typing import Any

from reports.demo.character import Character, character_of
from reports.demo.invention import Invention, id_number, phone
from reports.demo.places import DemoCommunity, DemoCounty

Row = dict[str, Any]
LEVELS = {"助理社会工作师": 62.0, "社会工作师": 26.0, "高级社会工作师": 2.0, "无": 10.0}  # of professionals
POSITIONS = ("社区工作者", "网格员", "党建专干", "民政专干", "社工", "居委会委员")
RECRUITED_BY = {"公开招聘": 5.0, "民主选举": 3.0, "竞争上岗": 1.0, "购买服务": 1.0, "挂职锻炼": 0.5, "高校毕业生": 1.0}
FIRST_BORN, LAST_BORN = datetime.date(1962, 1, 1), datetime.date(1995, 12, 31)
FIRST_DAY, LAST_DAY = datetime.date(2010, 3, 1), datetime.date(2018, 6, 20)


def worker_rows(county: DemoCounty) -> list[Row]:
    """The rows of the county's 社会工作者 sheet, by field."""
    invention = Invention("workers", county.code)
    character = character_of(county.code)
    serials = count(1)
    rows: list[Row] = []
    # Town by town, as such lists are kept: the people of its communities, then those of its station.
    for town, communities in groupby(county.communities, key=lambda community: community.town):
        for community in communities:
            professionals, others = _how_many(community, character, invention)
            rows += [_at(community) | row for row in _people(county, professionals, others, serials, invention)]
        station: Row = {"town": town, "is_community_worker": False}
        rows += [station | row for row in _people(county, invention.number(0, 2), 1, serials, invention)]
    return rows


def _at(community: DemoCommunity) -> Row:
    return {
        "town": community.town,
        "community_name": community.name,
        "community_code": community.code,
        "is_community_worker": True,
    }


def _how_many(community: DemoCommunity, character: Character, invention: Invention) -> tuple[int, int]:
    """Professionals, and people without a certificate."""
    if not community.is_urban:
        has_one = invention.chance(character.rural_professionals)
        return (1 if has_one else 0), (1 if invention.chance(0.18) else 0)
    if not invention.chance(character.professionals):
        return invention.number(0, 1), invention.number(2, 5)
    return (invention.number(6, 7) if invention.chance(0.08) else invention.number(2, 5)), invention.number(1, 4)


def _people(
    county: DemoCounty, professionals: int, others: int, serials: Iterator[int], invention: Invention
) -> Iterator[Row]:
    for number in range(professionals + others):
        yield _person(county, next(serials), is_professional=number < professionals, invention=invention)


def _person(county: DemoCounty, serial: int, *, is_professional: bool, invention: Invention) -> Row:
    is_male = invention.chance(0.4)
    born = _birthday(serial)
    level = invention.weighted(LEVELS) if is_professional else "无"
    row: Row = {
        "county": county.name,
        "name": invention.person(is_male=is_male),
        "id_number": id_number(int(county.code[4:]), born=born, is_male=is_male),
        "gender": "男" if is_male else "女",
        "position": invention.one_of(POSITIONS),
        "level": level,
        # A professional without a certificate has the degree (domain.md §4).
        "has_social_work_degree": is_professional and (level == "无" or invention.chance(0.15)),
        "recruited_by": invention.weighted(RECRUITED_BY),
        "started_on": invention.day(max(FIRST_DAY, _grown_up(born)), LAST_DAY),
        "phone": phone(5_000 + int(county.code[4:]) * 61 + serial),
    }
    if level != "无":
        row["certificate_number"] = f"演示{invention.number(2008, 2017)}{county.code}{serial:05d}"
    return row


def _birthday(serial: int) -> datetime.date:
    """Another day for each of a county's first 12,000 people; with the county's digits, an ID number of one's own.

    The stride shares no divisor with the days of the span, so no day comes twice before all have come.
    """
    span = (LAST_BORN - FIRST_BORN).days + 1
    return FIRST_BORN + datetime.timedelta(days=serial * 4_999 % span)


def _grown_up(born: datetime.date) -> datetime.date:
    return datetime.date(born.year + 20, 1, 1)
