"""Which places of two issues are the same ones: codes change with a county, places stay (docs/domain.md §3.3, §3.4)."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from communities.models import Community, CommunityPlacement, Division, DivisionChange
from reports.stored_figures import BriefingFigures


@dataclass(frozen=True)
class SamePlaces:
    """How the codes of an earlier issue are to be read beside a later one. Without changes every code is its own.

    `communities` give each listed community's code, in the earlier and in the later issue, the key of what stands there
    today. `divisions` give the code of a closed county (town) the code of what stood in its place in the later issue.
    `reshaped` are codes of the later issue whose communities are not all those of the divisions before: figures of both
    cannot be compared. `is_same_area` says whether both issues cover the same communities as a whole.
    """

    communities: tuple[Mapping[str, int], Mapping[str, int]] = ({}, {})
    divisions: Mapping[str, str] = field(default_factory=dict)
    reshaped: frozenset[str] = frozenset()
    is_same_area: bool = True

    def community(self, issue: int, code: str) -> int | str:
        """Return what tells a community of the earlier (0) or later (1) issue from others: its key, or its code if unknown."""
        return self.communities[issue].get(code, code)

    def division(self, code: str) -> str:
        """Return the code that a county (town) of the earlier issue has in the later one."""
        return self.divisions.get(code, code)


def same_places(first: BriefingFigures, second: BriefingFigures) -> SamePlaces:
    """Return which places of two issues are the same ones. Six queries at most, whatever the issues' lengths."""
    days = tuple(datetime.date.fromisoformat(each.as_of) for each in (first, second))
    standing = Community.objects.standing_for_closed()
    listed = [
        _keys([row.code for row in each.shortfalls.rows], day) for each, day in zip((first, second), days, strict=True)
    ]
    communities = [{code: standing.get(key, key) for code, key in keys.items()} for keys in listed]
    own = {first.division.code, second.division.code}
    changes = DivisionChange.objects.filter(
        applied_at__isnull=False, effective_on__gt=min(days), effective_on__lte=max(days)
    )
    if not changes.exists():
        return SamePlaces((communities[0], communities[1]), is_same_area=True)
    successors = _successors(days[0], days[1])
    digits = 9 if first.division.level == Division.Level.COUNTY else 6
    reshaped = _reshaped(days, successors, digits)
    sources = [code for code, later in successors.items() if later == second.division.code and len(code) == 6]
    is_same_area = len(own) == 1 or (sources == [first.division.code] and second.division.code not in reshaped)
    return SamePlaces((communities[0], communities[1]), successors, frozenset(reshaped), is_same_area)


def _keys(codes: Collection[str], day: datetime.date) -> dict[str, int]:
    """Return the key of the community that had each code on a day."""
    placed = CommunityPlacement.objects.in_effect_on(day).filter(code__in=codes)
    return dict(placed.values_list("code", "community"))


def _successors(first: datetime.date, second: datetime.date) -> dict[str, str]:
    """Return the code on the second day of each county and town of the first day that was closed in between."""
    later = Division.objects.successors_on(second)
    codes = dict(Division.objects.values_list("pk", "code"))
    then = Division.objects.in_effect_on(first).filter(pk__in=later).values_list("pk", "code")
    return {code: codes[later[key]] for key, code in then}


def _reshaped(days: tuple[datetime.date, ...], successors: Mapping[str, str], digits: int) -> set[str]:
    """Return the codes (of so many digits) on the later day of divisions that communities have come to or left otherwise than with all of it."""
    before, after = (
        dict(CommunityPlacement.objects.in_effect_on(day).values_list("community", "code")) for day in days
    )
    reshaped: set[str] = set()
    for key, code in before.items():
        if key in after:
            expected = successors.get(code[:digits], code[:digits])
            if expected != after[key][:digits]:
                reshaped |= {expected, after[key][:digits]}
    return reshaped


def grouped_by_successor(codes: Collection[str], places: SamePlaces) -> dict[str, list[str]]:
    """Return the codes of the earlier issue by the code that they have in the later one, in the given order."""
    groups: dict[str, list[str]] = defaultdict(list)
    for code in codes:
        groups[places.division(code)].append(code)
    return groups
