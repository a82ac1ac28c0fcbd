"""Carrying the portal's communities over to a later list of the bureau of statistics, for the demo (演示).

No official crosswalk is at hand, so one is made by code and name: what no longer exists goes to another community of its
town, or closes when its town has none. The changes are noted and applied as those of the page are.
"""

from __future__ import annotations

import csv
import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from changzhi_portal.names import community_key, division_key
from changzhi_portal.refusals import InvalidError
from communities.models import Community, Division, DivisionChange
from communities.models.division import short_code

SOURCE = "演示：按国家统计局统计用区划代码两版名单的代码、名称对照，不是官方对照表"
Kind, Level = DivisionChange.Kind, DivisionChange.Level


@dataclass(frozen=True, slots=True)
class Listed:
    """A community of a list, or one that stands in the portal."""

    code: str
    name: str

    @property
    def town(self) -> str:
        """Return the code of its town."""
        return self.code[:9]

    @property
    def county(self) -> str:
        """Return the code of its county."""
        return self.code[:6]


@dataclass(slots=True)
class LaterList:
    """The counties and towns of a list by code, and its communities."""

    divisions: dict[str, str] = field(default_factory=dict)
    communities: dict[str, Listed] = field(default_factory=dict)


def read_list(path: Path) -> LaterList:
    """Read a CSV file with the columns code, name, level; raises InvalidError for one that is no list."""
    found = LaterList()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if row["level"] == "village":
                    found.communities[row["code"]] = Listed(row["code"], row["name"])
                else:
                    found.divisions[short_code(row["code"])] = row["name"]
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise InvalidError(f"{path.name}不是区划名单。", cure=f"{path} needs the columns code, name, level.") from error
    return found


def changes_to(later: LaterList, *, effective_on: datetime.date) -> list[DivisionChange]:
    """Return the changes that lead from the portal's divisions and communities of today to those of the list."""
    standing = [Listed(*row) for row in Community.objects.current().order_by("code").values_list("code", "name")]
    matched = _match(standing, later)
    towns = _towns_after(standing, matched, later)
    goes = matched | _neighbours(standing, matched, towns, later)
    builder = _Builder(effective_on, later)
    builder.add_divisions(standing, goes, towns)
    builder.add_communities(standing, goes)
    return builder.changes


# --- Matching ---


def _match(standing: Iterable[Listed], later: LaterList) -> dict[str, Listed]:
    """Return the community of the list that each of today's is, by code: same code and name, name alone, code alone."""
    matched: dict[str, Listed] = {}
    free = dict(later.communities)
    rest = list(standing)

    def take(key_of_standing: Mapping[str, object], of_later: Mapping[str, object]) -> None:
        """Match those whose key only one community on each side has."""
        nonlocal rest
        ours, theirs = Counter(key_of_standing.values()), Counter(of_later.values())
        by_key = {key: code for code, key in of_later.items()}
        for each in rest:
            key = key_of_standing[each.code]
            if ours[key] == 1 and theirs[key] == 1:
                matched[each.code] = free.pop(by_key[key])
        rest = [each for each in rest if each.code not in matched]

    for key_of in (
        lambda each: (each.code, community_key(each.name)),
        lambda each: (each.town, community_key(each.name)),
        lambda each: (each.county, each.name),
        lambda each: (each.county, community_key(each.name)),
        lambda each: community_key(each.name) if each.county not in later.divisions else each.county + each.name,
        lambda each: each.code,
    ):
        take({each.code: key_of(each) for each in rest}, {each.code: key_of(each) for each in free.values()})
    of_lost_counties = [each for each in rest if each.county not in later.divisions]
    names: dict[str, list[Listed]] = defaultdict(list)
    for each in free.values():
        names[community_key(each.name)].append(each)
    for each in of_lost_counties:
        if len(found := names[community_key(each.name)]) == 1 and found[0].code in free:
            matched[each.code] = free.pop(found[0].code)
    return matched


def _towns_after(standing: Iterable[Listed], matched: Mapping[str, Listed], later: LaterList) -> dict[str, str]:
    """Return by code the town of the list that each town of today becomes; its own code where that goes on."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for each in standing:
        if each.code in matched:
            votes[each.town][matched[each.code].town] += 1
    found: dict[str, str] = {}
    for town in Division.objects.towns().current().select_related("parent").order_by("code"):
        if town.code in later.divisions:
            found[town.code] = town.code
        elif votes[town.code]:
            found[town.code] = min(votes[town.code], key=lambda code: (-votes[town.code][code], code))
        else:
            found[town.code] = _alike(town, later)
    return found


def _alike(town: Division, later: LaterList) -> str:
    """Return the town of the list with the like name in the county, else its first town; "" where the county has none."""
    inside = sorted(code for code in later.divisions if len(code) == 9 and code[:6] == town.code[:6])
    bare = division_key(town.name).rstrip("镇乡街道")
    return next((code for code in inside if later.divisions[code].startswith(bare)), inside[0] if inside else "")


def _neighbours(
    standing: Iterable[Listed], matched: Mapping[str, Listed], towns: Mapping[str, str], later: LaterList
) -> dict[str, Listed]:
    """Return for each community that the list does not have the one of its town with the nearest number."""
    inside: dict[str, list[Listed]] = defaultdict(list)
    for each in later.communities.values():
        inside[each.town].append(each)
    found = {}
    for each in standing:
        near = inside[towns.get(each.town, "")] if each.code not in matched else []
        if near:
            found[each.code] = min(near, key=lambda other: (abs(int(other.code[9:]) - int(each.code[9:])), other.code))
    return found


# --- The changes ---


class _Builder:
    """Builder of the changes of one day."""

    def __init__(self, effective_on: datetime.date, later: LaterList) -> None:
        self.changes: list[DivisionChange] = []
        self._effective_on = effective_on
        self._later = later

    def add_divisions(self, standing: Iterable[Listed], goes: Mapping[str, Listed], towns: Mapping[str, str]) -> None:
        """Add the changes of counties that the list does not have, and of towns that it has under another code or name."""
        counties: dict[str, Counter[str]] = defaultdict(Counter)
        for each in standing:
            if each.code in goes:
                counties[each.county][goes[each.code].county] += 1
        for division in Division.objects.current().exclude(level="city").order_by("code"):
            name = self._later.divisions.get(division.code)
            if division.level == Division.Level.COUNTY and name is None and counties[division.code]:
                (to, _), *_ = counties[division.code].most_common(1)
                self._add(Kind.MERGE, Level.COUNTY, division.code, division.name, to, self._later.divisions[to])
            if division.level != Division.Level.TOWN or division.code[:6] not in self._later.divisions:
                continue  # a town of a county that goes, goes with its communities
            to = towns[division.code]
            if to != division.code or division_key(division.name) != division_key(name or ""):
                kind = Kind.RENAME if to == division.code else Kind.MERGE
                self._add(kind, Level.TOWN, division.code, division.name, to, self._later.divisions[to])

    def add_communities(self, standing: Iterable[Listed], goes: Mapping[str, Listed]) -> None:
        """Add the changes of communities: those that change, merge, close, and those that are new."""
        parts = Counter(each.code for each in goes.values())
        for each in standing:
            to = goes.get(each.code)
            if to is None:
                self._add(Kind.CLOSE, Level.VILLAGE, each.code, each.name, "", "")
            elif (to.code, to.name) != (each.code, each.name) or parts[to.code] > 1:
                kind = Kind.MERGE if parts[to.code] > 1 else Kind.RENAME if to.name != each.name else Kind.RECODE
                self._add(kind, Level.VILLAGE, each.code, each.name, to.code, to.name)
        for each in self._later.communities.values():
            if each.code not in parts:
                self._add(Kind.FOUND, Level.VILLAGE, "", "", each.code, each.name)

    def _add(self, kind: str, level: str, from_code: str, from_name: str, to_code: str, to_name: str) -> None:
        town = self._later.divisions[to_code[:9]] if level == Level.VILLAGE and to_code else ""
        self.changes.append(
            DivisionChange(
                kind=kind,
                level=level,
                effective_on=self._effective_on,
                from_code=from_code,
                from_name=from_name,
                to_code=to_code,
                to_name=to_name,
                to_town_name=town,
                source=SOURCE,
            )
        )
