"""Planning which counties and towns close and open, and which ones succeed them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from changzhi_portal.names import division_key
from communities.divisionchanges.numbering import TOWN_CLASSES, code_within, is_urban_district
from communities.divisionchanges.plan import ChangePlan, DivisionMove, Route
from communities.models import CommunityPlacement, Division, DivisionChange
from communities.models.division import CODE_LENGTHS, is_code

COUNTY_CODE = CODE_LENGTHS["county"]
TOWN_CODE = CODE_LENGTHS["town"]
Level = Division.Level


class DivisionPlanner:
    """Planner of the divisions of a plan: first the counties, then the towns, which depend on where communities go.

    A division with a change to its own code and name (a split of which it keeps a part) stays. A town without a change of
    its own follows its county: it becomes the town that gets most of its communities in the crosswalk, or else the town
    with the same number in the new county.
    """

    def __init__(self, plan: ChangePlan, current: Sequence[Division]) -> None:
        self.plan = plan
        self._current = {(division.level, division.code): division for division in current}
        self._towns_of: dict[int, list[Division]] = defaultdict(list)
        for division in sorted(current, key=lambda division: division.code):
            if division.level == Level.TOWN:
                self._towns_of[division.parent_id].append(division)  # type: ignore[index]
        # The changes by the primary key of the division that they change.
        self._changes_of: dict[int, list[DivisionChange]] = defaultdict(list)
        self._divisions: dict[int, Division] = {division.pk: division for division in current}
        self._opened: dict[tuple[str, str], Division] = {}
        self._town_successor: dict[int, Division] = {}
        self._new_town_names: dict[str, str] = {}
        self._affected: set[int] | None = None
        self._codes_after: dict[str, set[str]] = defaultdict(set)
        for change in plan.division_changes:
            self._codes_after[change.from_code].add(change.to_code)
            self._add_change(change)

    # --- Changes ---

    def _add_change(self, change: DivisionChange) -> None:
        division = self._current.get((change.level, change.from_code))
        problem = self._reason_against(change, division)
        if problem:
            self.plan.problems.append(f"{change}：{problem}")
        elif division is not None:
            self._changes_of[division.pk].append(change)

    def _reason_against(self, change: DivisionChange, division: Division | None) -> str:
        """Return why a change cannot be applied; "" when it can."""
        if change.level == Level.CITY:
            return "市一级的变更不能在这里应用。"
        if division is None:
            return f"现有区划中没有代码{change.from_code}，请核对。"
        if division_key(division.name) != division_key(change.from_name):
            return f"代码{change.from_code}现在是“{division.name}”，不是“{change.from_name}”，请核对。"
        if not is_code(change.to_code, change.level):
            return f"新代码“{change.to_code}”应为{CODE_LENGTHS[change.level]}位数字，请改正。"
        others = self._changes_of.get(division.pk, [])
        if any(other.to_code == change.to_code for other in others):
            return "同一区划两次变更为同一代码，请删去一条。"
        if others and not all(each.kind == DivisionChange.Kind.SPLIT for each in (change, *others)):
            return "只有“拆分”才能变更为几个区划，请核对。"
        return ""

    def _stays(self, division: Division) -> bool:
        """Return whether the division stays: it has no change, or one to its own code and name."""
        changes = self._changes_of.get(division.pk, ())
        return not changes or any(c.to_code == division.code and c.to_name == division.name for c in changes)

    def divisions_with_changes(self) -> list[Division]:
        """Return the divisions that have changes."""
        return [self._divisions[key] for key in self._changes_of]

    def affected_towns(self) -> list[Division]:
        """Return the towns that have changes and all towns of counties that have changes."""
        affected: dict[int, Division] = {}
        for division in self.divisions_with_changes():
            towns = [division] if division.level == Level.TOWN else self._towns_of[division.pk]
            affected |= {town.pk: town for town in towns}
        return list(affected.values())

    # --- Counties ---

    def plan_counties(self) -> None:
        """Open the new counties and close the old ones."""
        for county in self._of_level(Level.COUNTY):
            successors = [self._successor(change, county.parent) for change in self._changes_of[county.pk]]
            if not self._stays(county):
                self._close(county, successors, self._changes_of[county.pk][0])

    def _of_level(self, level: str) -> list[Division]:
        return sorted(
            (d for d in self.divisions_with_changes() if d.level == level), key=lambda division: division.code
        )

    def _successor(self, change: DivisionChange, parent: Division | None) -> Division:
        existing = self._current.get((change.level, change.to_code))
        if existing is not None and self._stays(existing):
            if division_key(existing.name) != division_key(change.to_name):
                self.plan.problems.append(f"{change}：代码{change.to_code}已由“{existing.name}”使用，请核对。")
            return existing
        successor = self._open(change.level, change.to_code, change.to_name, parent)
        if successor.name != change.to_name:
            self.plan.problems.append(
                f"{change}：代码{change.to_code}同时对应“{successor.name}”和“{change.to_name}”，请核对。"
            )
        origin = self._current[change.level, change.from_code]
        successor.is_statistical = successor.is_statistical or origin.is_statistical
        successor.is_urban_district = change.level == Level.COUNTY and is_urban_district(successor.code)
        return successor

    def _open(self, level: str, code: str, name: str, parent: Division | None) -> Division:
        if (level, code) not in self._opened:
            division = Division(code=code, name=name, level=level, parent=parent, valid_from=self.plan.effective_on)
            self._opened[level, code] = division
            self.plan.opening.append(division)
        return self._opened[level, code]

    def _close(self, division: Division, successors: list[Division], change: DivisionChange | None) -> None:
        self.plan.closing.append(DivisionMove(division, successors, change))

    # --- Towns ---

    def plan_towns(self, placements: Sequence[CommunityPlacement], rows: Sequence[Route]) -> None:
        """Open the new towns and close the old ones: first towns with changes, then those that follow their county.

        `placements` are those of the affected towns, `rows` the crosswalk of the plan's day.
        """
        destinations = {row.from_code: row.to_code[:TOWN_CODE] for row in rows if row.from_code and row.to_code}
        self._new_town_names = {row.to_code[:TOWN_CODE]: row.to_town_name for row in rows if row.to_town_name}
        votes: dict[int, Counter[str]] = defaultdict(Counter)
        for placement in placements:
            if placement.valid_to is None:
                votes[placement.town_id][destinations.get(placement.code, "")] += 1
        for town in self._of_level(Level.TOWN):
            self._plan_changed_town(town)
        following = [town for town in self.affected_towns() if town.pk not in self._changes_of]
        # Towns in the crosswalk come first: their numbers are given, and the others get free ones.
        for town in sorted(following, key=lambda town: (not any(votes[town.pk]), -votes[town.pk].total(), town.code)):
            self._plan_following_town(town, votes[town.pk])
        self._open_towns_without_past(destinations, placements, rows)

    def _plan_changed_town(self, town: Division) -> None:
        changes = self._changes_of[town.pk]
        successors = [
            self._successor(change, self._county_with_code(change.to_code, str(change))) for change in changes
        ]
        if self._stays(town):
            self._town_successor[town.pk] = town
            return
        if len(successors) == 1:
            self._town_successor[town.pk] = successors[0]
        self._close(town, successors, changes[0])

    def _plan_following_town(self, town: Division, votes: Counter[str]) -> None:
        county = self._divisions[town.parent_id]  # type: ignore[index]
        stays = self._stays(county)
        code = self._majority(town, votes, stays=stays)
        if not code:
            county_codes = [change.to_code for change in self._changes_of[county.pk]]
            if len(county_codes) > 1:
                self.plan.problems.append(
                    f"{county.name}拆分后，“{town.name}”归哪个县（市、区）没有写明，请在对照表中列出它的社区。"
                )
                return
            code = code_within(county_codes[0], town.code[COUNTY_CODE:], self._taken_codes(), TOWN_CLASSES)
        if stays and code == town.code:
            self._town_successor[town.pk] = town
            return
        existing = self._current.get((Level.TOWN, code))
        if existing is not None and self._town_stays(existing):
            successor = existing
        else:
            name = self._new_town_names.get(code, town.name)
            successor = self._open(Level.TOWN, code, name, self._county_with_code(code, town.full_name))
        self._town_successor[town.pk] = successor
        self._close(town, [successor], None)

    @staticmethod
    def _majority(town: Division, votes: Counter[str], *, stays: bool) -> str:
        """Return the code of the town that most communities go to; "" when the crosswalk has none of them."""
        counted = Counter({code: number for code, number in votes.items() if code})
        if stays:
            # A county that stays keeps the communities without a row of the crosswalk, and towns without communities.
            counted[town.code] += votes[""]
        return min(counted, key=lambda code: (-counted[code], code)) if counted else ""

    def _town_stays(self, town: Division) -> bool:
        """Return whether a current town stays, that is, neither it nor its county closes."""
        county = self._divisions[town.parent_id]  # type: ignore[index]
        return self._stays(town) and self._stays(county) and self._town_successor.get(town.pk, town) is town

    def _taken_codes(self) -> set[str]:
        current = {code for (level, code), d in self._current.items() if level == Level.TOWN and self._town_stays(d)}
        return current | {code for level, code in self._opened if level == Level.TOWN}

    def _county_with_code(self, code: str, what: str) -> Division | None:
        """Return the county after the changes whose code a town's code begins with; add a problem if there is none."""
        key = (Level.COUNTY.value, code[:COUNTY_CODE])
        county = self._opened.get(key) or self._current.get(key)
        if county is None or (county.pk is not None and not self._stays(county)):
            self.plan.problems.append(f"{what}：新代码{code}所属的县（市、区）不存在，请核对。")
            return None
        return county

    def _open_towns_without_past(
        self, destinations: dict[str, str], placements: Sequence[CommunityPlacement], rows: Sequence[Route]
    ) -> None:
        """Open the new towns that are no town's successor: they get communities of several towns, or new ones."""
        codes = {destinations.get(placement.code) for placement in placements}
        founded = (row for row in rows if not row.from_code)
        codes |= {row.to_code[:TOWN_CODE] for row in founded if row.change or self.is_affected(row.to_code)}
        # A change that a person has noted names its town, or is refused with a sentence of its own.
        codes -= {row.to_code[:TOWN_CODE] for row in rows if row.change} - self._new_town_names.keys()
        for code in sorted(code for code in codes if code and self.town_with_code(code) is None):
            name = self._new_town_names.get(code)
            if not name:
                self.plan.problems.append(f"对照表中的新街道（乡镇）代码{code}没有写名称，请补上。")
                continue
            self._open(Level.TOWN, code, name, self._county_with_code(code, f"“{name}”"))

    def is_affected(self, community_code: str) -> bool:
        """Return whether a community's code lies in a division that a change of this plan leads to."""
        new_codes = set().union(*self._codes_after.values())
        return community_code[:COUNTY_CODE] in new_codes or community_code[:TOWN_CODE] in new_codes

    def is_affected_town(self, town_id: int) -> bool:
        """Return whether a town has a change, or lies in a county that has one."""
        if self._affected is None:
            self._affected = {town.pk for town in self.affected_towns()}
        return town_id in self._affected

    def county_goes_to(self, county_code: str) -> set[str]:
        """Return the codes that a county's changes lead to, and its own."""
        return self._codes_after[county_code] | {county_code}

    def town_with_code(self, code: str) -> Division | None:
        """Return the town with this code after the changes; None when there is none."""
        key = (Level.TOWN.value, code)
        existing = self._current.get(key)
        return self._opened.get(key) or (existing if existing is not None and self._town_stays(existing) else None)

    def successor_of_town(self, town_id: int) -> Division | None:
        """Return the town that gets a town's communities without a row of the crosswalk; None after a complete split."""
        return self._town_successor.get(town_id)
