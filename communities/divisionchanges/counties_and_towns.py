"""Which counties and towns close and open, and who takes whose place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from changzhi_portal.names import division_key
from communities.divisionchanges.numbering import TOWN_CLASSES, code_within, is_urban_district
from communities.divisionchanges.plan import ChangePlan, DivisionMove
from communities.models import CommunityPlacement, CrosswalkRow, Division, DivisionChange
from communities.models.division import CODE_LENGTHS

COUNTY_CODE = CODE_LENGTHS["county"]
TOWN_CODE = CODE_LENGTHS["town"]
Level = Division.Level


class DivisionPlanner:
    """Fills the divisions of a plan: first the counties, then, knowing where communities go, the towns.

    A division that is told to become itself (part of it goes elsewhere) stays. Towns follow their county: to the town
    that the crosswalk sends most of their communities to, or else to the same number in the new county.
    """

    def __init__(self, plan: ChangePlan, standing: Sequence[Division]) -> None:
        self.plan = plan
        self._standing = {(division.level, division.code): division for division in standing}
        self._towns_of: dict[int, list[Division]] = defaultdict(list)
        for division in sorted(standing, key=lambda division: division.code):
            if division.level == Level.TOWN:
                self._towns_of[division.parent_id].append(division)  # type: ignore[index]
        # What was decided, by the key of the division it is about.
        self._decided: dict[int, list[DivisionChange]] = defaultdict(list)
        self._divisions: dict[int, Division] = {division.pk: division for division in standing}
        self._opening: dict[tuple[str, str], Division] = {}
        self._town_heir: dict[int, Division] = {}
        self._new_town_names: dict[str, str] = {}
        for change in plan.changes:
            self._note(change)

    # --- What is decided ---

    def _note(self, change: DivisionChange) -> None:
        division = self._standing.get((change.level, change.from_code))
        problem = self._against(change, division)
        if problem:
            self.plan.problems.append(f"{change}：{problem}")
        elif division is not None:
            self._decided[division.pk].append(change)

    def _against(self, change: DivisionChange, division: Division | None) -> str:
        """Why a change cannot be carried out; empty when it can."""
        if change.level == Level.CITY:
            return "市一级的变更不能在这里应用。"
        if division is None:
            return f"现有区划中没有代码{change.from_code}，请核对。"
        if division_key(division.name) != division_key(change.from_name):
            return f"代码{change.from_code}现在是“{division.name}”，不是“{change.from_name}”，请核对。"
        if len(change.to_code) != CODE_LENGTHS[change.level] or not change.to_code.isdecimal():
            return f"新代码“{change.to_code}”应为{CODE_LENGTHS[change.level]}位数字，请改正。"
        others = self._decided.get(division.pk, [])
        if any(other.to_code == change.to_code for other in others):
            return "同一区划两次变更为同一代码，请删去一条。"
        if others and not all(each.kind == DivisionChange.Kind.SPLIT for each in (change, *others)):
            return "只有“拆分”才能变更为几个区划，请核对。"
        return ""

    def _stays(self, division: Division) -> bool:
        """Whether it goes on: nothing is decided about it, or that it becomes itself."""
        decided = self._decided.get(division.pk, ())
        return not decided or any(c.to_code == division.code and c.to_name == division.name for c in decided)

    def concerned(self) -> list[Division]:
        """The divisions that something is decided about."""
        return [self._divisions[key] for key in self._decided]

    def towns_concerned(self) -> list[Division]:
        """The towns that something is decided about, and all towns of such counties."""
        found: dict[int, Division] = {}
        for division in self.concerned():
            towns = [division] if division.level == Level.TOWN else self._towns_of[division.pk]
            found |= {town.pk: town for town in towns}
        return list(found.values())

    # --- Counties ---

    def plan_counties(self) -> None:
        """Open the new counties and close the old ones."""
        for county in self._of_level(Level.COUNTY):
            heirs = [self._heir(change, county.parent) for change in self._decided[county.pk]]
            if not self._stays(county):
                self._close(county, heirs, self._decided[county.pk][0])

    def _of_level(self, level: str) -> list[Division]:
        return sorted((d for d in self.concerned() if d.level == level), key=lambda division: division.code)

    def _heir(self, change: DivisionChange, parent: Division | None) -> Division:
        existing = self._standing.get((change.level, change.to_code))
        if existing is not None and self._stays(existing):
            if division_key(existing.name) != division_key(change.to_name):
                self.plan.problems.append(f"{change}：代码{change.to_code}已由“{existing.name}”使用，请核对。")
            return existing
        heir = self._open(change.level, change.to_code, change.to_name, parent)
        if heir.name != change.to_name:
            self.plan.problems.append(
                f"{change}：代码{change.to_code}同时对应“{heir.name}”和“{change.to_name}”，请核对。"
            )
        origin = self._standing[change.level, change.from_code]
        heir.is_statistical = heir.is_statistical or origin.is_statistical
        heir.is_urban_district = change.level == Level.COUNTY and is_urban_district(heir.code)
        return heir

    def _open(self, level: str, code: str, name: str, parent: Division | None) -> Division:
        if (level, code) not in self._opening:
            division = Division(code=code, name=name, level=level, parent=parent, valid_from=self.plan.effective_on)
            self._opening[level, code] = division
            self.plan.opening.append(division)
        return self._opening[level, code]

    def _close(self, division: Division, heirs: list[Division], change: DivisionChange | None) -> None:
        self.plan.closing.append(DivisionMove(division, heirs, change))

    # --- Towns ---

    def plan_towns(self, placements: Sequence[CommunityPlacement], rows: Sequence[CrosswalkRow]) -> None:
        """Open the new towns and close the old ones: those something is decided about, then those that follow."""
        going = {row.from_code: row.to_code[:TOWN_CODE] for row in rows if row.from_code and row.to_code}
        self._new_town_names = {row.to_code[:TOWN_CODE]: row.to_town_name for row in rows if row.to_town_name}
        votes: dict[int, Counter[str]] = defaultdict(Counter)
        for placement in placements:
            if placement.valid_to is None:
                votes[placement.town_id][going.get(placement.code, "")] += 1
        for town in self._of_level(Level.TOWN):
            self._plan_decided_town(town)
        following = [town for town in self.towns_concerned() if town.pk not in self._decided]
        # Those that the crosswalk speaks of first: their numbers are given, the others' are chosen around them.
        for town in sorted(following, key=lambda town: (not any(votes[town.pk]), -votes[town.pk].total(), town.code)):
            self._plan_following_town(town, votes[town.pk])
        self._open_towns_without_past(going, placements, rows)

    def _plan_decided_town(self, town: Division) -> None:
        changes = self._decided[town.pk]
        heirs = [self._heir(change, self._county_coded(change.to_code, str(change))) for change in changes]
        if self._stays(town):
            self._town_heir[town.pk] = town
            return
        if len(heirs) == 1:
            self._town_heir[town.pk] = heirs[0]
        self._close(town, heirs, changes[0])

    def _plan_following_town(self, town: Division, votes: Counter[str]) -> None:
        county = self._divisions[town.parent_id]  # type: ignore[index]
        stays = self._stays(county)
        code = self._majority(town, votes, stays=stays)
        if not code:
            heirs = [change.to_code for change in self._decided[county.pk]]
            if len(heirs) > 1:
                self.plan.problems.append(
                    f"{county.name}拆分后，“{town.name}”归哪个县（市、区）没有写明，请在对照表中列出它的社区。"
                )
                return
            code = code_within(heirs[0], town.code[COUNTY_CODE:], self._taken(), TOWN_CLASSES)
        if stays and code == town.code:
            self._town_heir[town.pk] = town
            return
        existing = self._standing.get((Level.TOWN, code))
        if existing is not None and self._town_stands(existing):
            heir = existing
        else:
            name = self._new_town_names.get(code, town.name)
            heir = self._open(Level.TOWN, code, name, self._county_coded(code, town.full_name))
        self._town_heir[town.pk] = heir
        self._close(town, [heir], None)

    @staticmethod
    def _majority(town: Division, votes: Counter[str], *, stays: bool) -> str:
        """The code of the town that most communities go to; empty when nothing says where."""
        counted = Counter({code: number for code, number in votes.items() if code})
        if stays:
            # A county that goes on keeps the communities that nothing is said about, and towns without any.
            counted[town.code] += votes[""]
        return min(counted, key=lambda code: (-counted[code], code)) if counted else ""

    def _town_stands(self, town: Division) -> bool:
        """Whether a town of today goes on: neither it nor its county is about to close."""
        county = self._divisions[town.parent_id]  # type: ignore[index]
        return self._stays(town) and self._stays(county) and self._town_heir.get(town.pk, town) is town

    def _taken(self) -> set[str]:
        standing = {code for (level, code), d in self._standing.items() if level == Level.TOWN and self._town_stands(d)}
        return standing | {code for level, code in self._opening if level == Level.TOWN}

    def _county_coded(self, code: str, what: str) -> Division | None:
        """The county of after the day whose code a town's code begins with."""
        key = (Level.COUNTY.value, code[:COUNTY_CODE])
        county = self._opening.get(key) or self._standing.get(key)
        if county is None or (county.pk is not None and not self._stays(county)):
            self.plan.problems.append(f"{what}：新代码{code}所属的县（市、区）不存在，请核对。")
            return None
        return county

    def _open_towns_without_past(
        self, going: dict[str, str], placements: Sequence[CommunityPlacement], rows: Sequence[CrosswalkRow]
    ) -> None:
        """Towns that no single town becomes: communities of several go there, or new ones."""
        concerned = {going.get(placement.code) for placement in placements}
        concerned |= {row.to_code[:TOWN_CODE] for row in rows if not row.from_code and self.takes_in(row.to_code)}
        for code in sorted(code for code in concerned if code and self.town_coded(code) is None):
            name = self._new_town_names.get(code)
            if not name:
                self.plan.problems.append(f"对照表中的新街道（乡镇）代码{code}没有写名称，请补上。")
                continue
            self._open(Level.TOWN, code, name, self._county_coded(code, f"“{name}”"))

    def takes_in(self, community_code: str) -> bool:
        """Whether a code lies in a division that something of this plan becomes."""
        decided = {change.to_code for change in self.plan.changes}
        return community_code[:COUNTY_CODE] in decided or community_code[:TOWN_CODE] in decided

    def town_coded(self, code: str) -> Division | None:
        """The town with this code after the day; None when there is none."""
        key = (Level.TOWN.value, code)
        existing = self._standing.get(key)
        return self._opening.get(key) or (existing if existing is not None and self._town_stands(existing) else None)

    def heir_of_town(self, town_id: int) -> Division | None:
        """Where a town's communities go that the crosswalk says nothing about; None for a town split up whole."""
        return self._town_heir.get(town_id)
