"""Finding the organization that a row names: by its credit code, or by its name and the row's place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Q

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.scope import paths_above
from communities.places import PlaceIndex
from orgs.models import SocialOrganization

_NEED = ("merged_into", "community__town", "division")


class OrganizationFinder:
    """The organizations that rows name, loaded in batches; one that was merged leads to the one that it was merged into.

    Those of the office's own area are known; with `includes_above` those of the divisions above it too, such as an agency
    of the county that works in a town.
    """

    def __init__(
        self,
        rows: Iterable[RegisterRow],
        index: PlaceIndex,
        *,
        name_field: str,
        code_field: str = "",
        includes_above: bool = False,
    ) -> None:
        self._index = index
        self._name_field, self._code_field = name_field, code_field
        known = list(rows)
        inside = SocialOrganization.in_subtree(index.scope_path)
        if includes_above:
            inside |= Q(division__path__in=paths_above(index.scope_path))
        self._inside = inside
        self._by_code: dict[str, SocialOrganization] = {}
        self._by_name: defaultdict[str, list[SocialOrganization]] = defaultdict(list)
        self._load_names({comparable(name) for row in known if (name := row.get(name_field))})
        if code_field:
            self._load_codes({code for row in known if (code := row.get(code_field))})

    def _load_names(self, keys: set[str]) -> None:
        for batch in in_batches(sorted(keys)):
            found = SocialOrganization.with_merged.filter(self._inside, name_key__in=batch)
            for record in found.select_related(*_NEED).order_by("pk"):
                kept = record.merged_into or record
                if kept not in self._by_name[record.name_key]:
                    self._by_name[record.name_key].append(kept)

    def _load_codes(self, codes: set[str]) -> None:
        for batch in in_batches(sorted(codes)):
            found = SocialOrganization.with_merged.filter(self._inside, credit_code__in=batch)
            for record in found.select_related(*_NEED).order_by("-merged_into", "pk"):
                self._by_code[record.credit_code] = record.merged_into or record

    def find(self, row: RegisterRow) -> SocialOrganization | None:
        """Return the organization of a row; None where it names none, or reports why there is none or more than one.

        Of several of one name the nearest to the row's place is meant: of its community, its town, its county.
        """
        code = row.get(self._code_field) if self._code_field else None
        if code:
            return self._coded(row, code, row.get(self._name_field))
        name = row.get(self._name_field)
        if not name or row.place is None:
            return None
        named = self._by_name.get(comparable(name), [])
        if not named:
            row.report("bad_choice", f"社会组织登记表中没有“{name}”，请先登记这个组织，或者核对名称", self._name_field)
            return None
        return self._nearest(row, named)

    def _coded(self, row: RegisterRow, code: str, name: str | None) -> SocialOrganization | None:
        known = self._by_code.get(code)
        if known is None:
            row.report("bad_choice", "社会组织登记表中没有这个统一社会信用代码的组织，请先登记", self._code_field)
        elif name and known not in self._by_name.get(comparable(name), ()):
            row.report("bad_choice", f"这个信用代码是“{known}”的，与所填名称不一致，请核对", self._code_field)
            return None
        return known

    def _nearest(self, row: RegisterRow, named: Sequence[SocialOrganization]) -> SocialOrganization | None:
        own = self._places(row.place.community.id if row.place.community else None, row.place.division_id)
        for level, _ in enumerate(own):
            near = [each for each in named if own[level] is not None and self._places_of(each)[level] == own[level]]
            if len(near) == 1:
                return near[0]
            if near:
                break
        else:
            if len(named) == 1:
                return named[0]
        row.report("bad_choice", f"有几个组织都叫“{named[0]}”，请写明它所在的社区", self._name_field)
        return None

    def _places_of(self, organization: SocialOrganization) -> tuple[int | None, int, int]:
        community = organization.community
        division = community.town_id if community is not None else organization.division_id
        if division is None:
            raise ValueError(f"The organization {organization.pk} has no place.")
        return self._places(organization.community_id, division)

    def _places(self, community: int | None, division: int) -> tuple[int | None, int, int]:
        """Return community, town (or the division itself) and county of today."""
        today = self._index.today_of(self._index.divisions[division])
        county = self._index.today_of(self._index.divisions[self._index.county_of(today.pk)])
        return community, today.pk, county.pk
