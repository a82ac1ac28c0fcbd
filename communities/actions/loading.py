"""Loading the reference lists into the database."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from changzhi_portal.bulk import insert_rows, refresh_statistics
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange
from communities.reference import (
    ListedDivision,
    listed_changes,
    listed_communities,
    listed_counterparts,
    listed_divisions,
)


@dataclass(frozen=True, slots=True)
class LoadedDivisions:
    """The numbers of rows of the reference lists that a load has added."""

    cities: int
    counties: int
    towns: int
    communities: int
    changes: int
    crosswalk_rows: int

    @property
    def is_empty(self) -> bool:
        """Return whether no row was missing."""
        places = self.cities or self.counties or self.towns or self.communities
        return not (places or self.changes or self.crosswalk_rows)


@transaction.atomic
def load_divisions() -> LoadedDivisions:
    """Add the missing rows of the 2017 list and of the 2018 changes; the changes are noted, not applied.

    A row is missing if no division or community has or had its code; existing records are not changed. There is no `by=`
    and no change record, because operators run this before the first user exists.
    """
    divisions = _add_divisions()
    communities = _add_communities()
    changes = _add_changes()
    rows = _add_crosswalk()
    refresh_statistics(Division, Community, CommunityPlacement, CrosswalkRow)
    levels = [division.level for division in divisions]
    return LoadedDivisions(
        cities=levels.count(Division.Level.CITY),
        counties=levels.count(Division.Level.COUNTY),
        towns=levels.count(Division.Level.TOWN),
        communities=len(communities),
        changes=len(changes),
        crosswalk_rows=len(rows),
    )


def _divisions_by_code() -> dict[str, Division]:
    # Oldest first, so that of several divisions with the same code the newest is returned.
    return {division.code: division for division in Division.objects.order_by("valid_from", "id")}


def _add_divisions() -> list[Division]:
    known = _divisions_by_code()
    added: list[Division] = []
    for level in Division.Level.values:
        missing = [listed for listed in listed_divisions() if listed.level == level and listed.code not in known]
        rows = [_division(listed, known.get(listed.parent_code)) for listed in missing]
        # Level by level, because a parent must have its key before its children are written.
        insert_rows(Division, rows)
        known |= {row.code: row for row in rows}
        added += rows
    return added


def _division(listed: ListedDivision, parent: Division | None) -> Division:
    division = Division(
        code=listed.code,
        name=listed.name,
        level=listed.level,
        parent=parent,
        is_urban_district=listed.is_urban_district,
        is_statistical=listed.is_statistical,
    )
    division.prepare_keys()
    return division


def _add_communities() -> list[Community]:
    known = set(CommunityPlacement.objects.values_list("code", flat=True))
    towns = _divisions_by_code()
    added = []
    for listed in listed_communities():
        if listed.code in known:
            continue
        community = Community(
            town=towns[listed.town_code],
            code=listed.code,
            name=listed.name,
            kind=listed.default_kind,
            is_virtual=listed.is_virtual,
        )
        community.prepare_keys()
        added.append(community)
    insert_rows(Community, added)
    insert_rows(CommunityPlacement, [_first_placement(community) for community in added])
    return added


def _first_placement(community: Community) -> CommunityPlacement:
    return CommunityPlacement(
        community=community,
        town=community.town,
        code=community.code,
        name=community.name,
        name_key=community.name_key,
    )


def _add_changes() -> list[DivisionChange]:
    known = set(DivisionChange.objects.values_list("effective_on", "from_code", "to_code"))
    added = [
        DivisionChange(
            kind=listed.kind,
            level=Division.Level.COUNTY,
            effective_on=listed.effective_on,
            from_code=listed.from_code,
            from_name=listed.from_name,
            to_code=listed.to_code,
            to_name=listed.to_name,
            source=listed.source,
        )
        for listed in listed_changes()
        if (listed.effective_on, listed.from_code, listed.to_code) not in known
    ]
    insert_rows(DivisionChange, added)
    return added


def _add_crosswalk() -> list[CrosswalkRow]:
    known = set(CrosswalkRow.objects.values_list("effective_on", "from_code"))
    added = [
        CrosswalkRow(
            effective_on=listed.effective_on,
            from_code=listed.from_code,
            from_name=listed.from_name,
            to_code=listed.to_code,
            to_name=listed.to_name,
            to_town_name=listed.to_town_name,
        )
        for listed in listed_counterparts()
        if (listed.effective_on, listed.from_code) not in known
    ]
    insert_rows(CrosswalkRow, added)
    return added
