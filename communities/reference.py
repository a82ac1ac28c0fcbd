"""The reference data that ship with the portal: the 2017 list of divisions and the county changes of 2018.

Where they come from is said in communities/data/README.md. This module only reads; `communities.actions` writes.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from communities.models import Community, Division, DivisionChange
from communities.models.division import short_code

DATA = Path(__file__).parent / "data"
# "每个城区培育3—5家": the urban districts before 2018-11-23 are 城区 and 郊区 (docs/domain.md §3).
URBAN_DISTRICTS_2017 = frozenset({"140402", "140411"})
# The high-tech zone has a code in the statistics only; it is no county by law.
STATISTICAL_COUNTIES = frozenset({"140471"})
# The last three digits of a village-level code: 001–199 residents' committees, 200–399 villagers' committees.
FIRST_RURAL_SUFFIX = 200
FIRST_SUFFIX_WITHOUT_KIND = 400
_SOURCE = "国家统计局统计用区划代码2017年、2018年版对照"


@dataclass(frozen=True, slots=True)
class ListedDivision:
    """A city, county or town of the list; codes have 6 or 9 digits."""

    code: str
    name: str
    level: str
    parent_code: str

    @property
    def is_urban_district(self) -> bool:
        """Whether it counts as 城区 in the target for agencies."""
        return self.code in URBAN_DISTRICTS_2017

    @property
    def is_statistical(self) -> bool:
        """Whether it exists in the statistics only."""
        return self.code in STATISTICAL_COUNTIES


def is_virtual_name(name: str) -> bool:
    """Whether a community of this name is none but in the statistics: kept, never scored (docs/domain.md §3)."""
    return "虚拟" in name


@dataclass(frozen=True, slots=True)
class ListedCommunity:
    """A village-level row of the list; the code has 12 digits, the town's 9."""

    code: str
    name: str
    town_code: str

    @property
    def default_kind(self) -> str:
        """`urban` or `rural` after the code's suffix; blank from 400 on, until a person says (docs/domain.md §3)."""
        suffix = int(self.code[9:])
        if suffix >= FIRST_SUFFIX_WITHOUT_KIND:
            return ""
        return Community.Kind.RURAL if suffix >= FIRST_RURAL_SUFFIX else Community.Kind.URBAN

    @property
    def is_virtual(self) -> bool:
        """Whether the name says that it is no real community."""
        return is_virtual_name(self.name)


@dataclass(frozen=True, slots=True)
class ListedChange:
    """A county that became another one."""

    kind: str
    effective_on: datetime.date
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    source: str


@dataclass(frozen=True, slots=True)
class ListedCounterpart:
    """A community of 2017 and what it was called in 2018; without a code of 2018 nothing like it was found."""

    effective_on: datetime.date
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    to_town_name: str


def _rows(file_name: str) -> Iterator[dict[str, str]]:
    with (DATA / file_name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def listed_divisions() -> tuple[ListedDivision, ...]:
    """City, counties and towns of 31 October 2017, parents before children."""
    rows = (row for row in _rows("divisions_2017.csv") if row["level"] != "village")
    divisions = [
        ListedDivision(short_code(row["code"]), row["name"], row["level"], short_code(row["parent_code"]))
        for row in rows
    ]
    order = list(Division.Level.values)
    return tuple(sorted(divisions, key=lambda division: (order.index(division.level), division.code)))


@cache
def listed_communities() -> tuple[ListedCommunity, ...]:
    """The village-level rows of 31 October 2017."""
    return tuple(
        ListedCommunity(row["code"], row["name"], short_code(row["parent_code"]))
        for row in _rows("divisions_2017.csv")
        if row["level"] == "village"
    )


@cache
def listed_changes() -> tuple[ListedChange, ...]:
    """The five counties that changed on 23 November 2018; the file's other rows say what did not change."""
    rows = [row for row in _rows("county_changes_2018.csv") if row["new_code"] and row["effective"].count("-") == 2]
    heirs = [row["new_code"] for row in rows]
    return tuple(
        ListedChange(
            # Two counties with one heir were merged; alone, a county got a new name, and its code with it.
            kind=DivisionChange.Kind.MERGE if heirs.count(row["new_code"]) > 1 else DivisionChange.Kind.RENAME,
            effective_on=datetime.date.fromisoformat(row["effective"]),
            from_code=row["old_code"],
            from_name=row["old_name"],
            to_code=row["new_code"],
            to_name=row["new_name"],
            source=f"{row['note']}（{_SOURCE}）",
        )
        for row in rows
    )


@cache
def listed_counterparts() -> tuple[ListedCounterpart, ...]:
    """The village-by-village crosswalk of 2018 without the rows that stayed the same.

    What a comparison by number and name could not find has been looked up by hand for the counties that changed, and
    stands in a file of its own (communities/data/README.md).
    """
    (day,) = {change.effective_on for change in listed_changes()}
    found_by_hand = {row["code_2017"]: row for row in _rows("crosswalk_2017_2018_further.csv")}
    rows = (
        found_by_hand.get(row["code_2017"], row) for row in _rows("crosswalk_2017_2018.csv") if row["match"] != "same"
    )
    return tuple(
        ListedCounterpart(
            day,
            row["code_2017"],
            row["name_2017"],
            row["code_2018"],
            row["name_2018"],
            row.get("town_name_2018", ""),
        )
        for row in rows
    )
