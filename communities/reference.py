"""Reference data shipped with the portal: the 2017 list of divisions and the county changes of 2018.

Their sources are in communities/data/README.md. This module only reads the files; `communities.actions` writes to the
database.
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
# The 城区 of "每个城区培育3—5家": before 2018-11-23 they are 城区 and 郊区 (docs/domain.md §3.8).
URBAN_DISTRICTS_2017 = frozenset({"140402", "140411"})
# The high-tech zone has a statistical code only; it is not a county by law.
STATISTICAL_COUNTIES = frozenset({"140471"})
# The last three digits of a community's code: 001–199 residents' committees, 200–399 villagers' committees.
FIRST_RURAL_SUFFIX = 200
FIRST_SUFFIX_WITHOUT_KIND = 400
_SOURCE = "国家统计局统计用区划代码2017年、2018年版对照"


@dataclass(frozen=True, slots=True)
class ListedDivision:
    """A city, county or town of the list; its code has 6 or 9 digits."""

    code: str
    name: str
    level: str
    parent_code: str

    @property
    def is_urban_district(self) -> bool:
        """Return whether it counts as 城区 in the target for agencies."""
        return self.code in URBAN_DISTRICTS_2017

    @property
    def is_statistical(self) -> bool:
        """Return whether it exists in the statistics only."""
        return self.code in STATISTICAL_COUNTIES


def is_virtual_name(name: str) -> bool:
    """Return whether a community of this name exists in the statistics only and is not scored (docs/domain.md §3.2)."""
    return "虚拟" in name


@dataclass(frozen=True, slots=True)
class ListedCommunity:
    """A community of the list; its code has 12 digits, the town's 9."""

    code: str
    name: str
    town_code: str

    @property
    def default_kind(self) -> str:
        """Return the default kind by the last three digits of the code; "" from 400 on (docs/domain.md §3.1)."""
        suffix = int(self.code[9:])
        if suffix >= FIRST_SUFFIX_WITHOUT_KIND:
            return ""
        return Community.Kind.RURAL if suffix >= FIRST_RURAL_SUFFIX else Community.Kind.URBAN

    @property
    def is_virtual(self) -> bool:
        """Return whether its name is that of a virtual community."""
        return is_virtual_name(self.name)


@dataclass(frozen=True, slots=True)
class ListedChange:
    """A change of a county."""

    kind: str
    effective_on: datetime.date
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    source: str


@dataclass(frozen=True, slots=True)
class ListedCounterpart:
    """A community of 2017 and its counterpart of 2018; `to_code` is "" if none was found."""

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
    """Return city, counties and towns of 31 October 2017, parents before children."""
    rows = (row for row in _rows("divisions_2017.csv") if row["level"] != "village")
    divisions = [
        ListedDivision(short_code(row["code"]), row["name"], row["level"], short_code(row["parent_code"]))
        for row in rows
    ]
    order = list(Division.Level.values)
    return tuple(sorted(divisions, key=lambda division: (order.index(division.level), division.code)))


@cache
def listed_communities() -> tuple[ListedCommunity, ...]:
    """Return the communities of 31 October 2017."""
    return tuple(
        ListedCommunity(row["code"], row["name"], short_code(row["parent_code"]))
        for row in _rows("divisions_2017.csv")
        if row["level"] == "village"
    )


@cache
def listed_changes() -> tuple[ListedChange, ...]:
    """Return the changes of the five counties on 23 November 2018, without the file's rows of unchanged counties."""
    rows = [row for row in _rows("county_changes_2018.csv") if row["new_code"] and row["effective"].count("-") == 2]
    new_codes = [row["new_code"] for row in rows]
    return tuple(
        ListedChange(
            # Counties with the same new code were merged; any other county got a new name together with its code.
            kind=DivisionChange.Kind.MERGE if new_codes.count(row["new_code"]) > 1 else DivisionChange.Kind.RENAME,
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
    """Return the crosswalk of communities of 2018 without the unchanged ones.

    Counterparts in the changed counties that a comparison by number and name did not find were looked up by hand and are
    in a separate file (communities/data/README.md).
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
