"""Finding the organization that a row names: by its credit code, or by its name and the row's place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.registers.rows import RegisterRow
from communities.places import Place, PlaceIndex
from orgs.models import SocialOrganization

_NEED = ("merged_into", "community__town", "division")


class KnownOrganizations:
    """The organizations of an office by name, credit code and 记录编号, loaded in batches.

    One that was merged leads to the one that it was merged into. Those of the office's own area are known; with
    `includes_above` those of the divisions above it too, such as an agency of the county that works in a town.
    """

    def __init__(self, index: PlaceIndex, *, includes_above: bool = False) -> None:
        self._index = index
        every = SocialOrganization.with_merged.all()
        own = every.filter(SocialOrganization.in_subtree(index.scope_path))
        self.inside = every.known_in(index.scope_path) if includes_above else own
        self.by_code: dict[str, SocialOrganization] = {}
        self.by_ref: dict[str, SocialOrganization] = {}
        self.by_name: defaultdict[str, list[SocialOrganization]] = defaultdict(list)

    def load_names(self, keys: set[str]) -> None:
        """Load the organizations of these names (`comparable`)."""
        for batch in in_batches(sorted(keys)):
            found = self.inside.filter(name_key__in=batch)
            for record in found.select_related(*_NEED).order_by("pk"):
                kept = record.merged_into or record
                if kept not in self.by_name[record.name_key]:
                    self.by_name[record.name_key].append(kept)

    def load_codes(self, codes: set[str]) -> None:
        """Load the organizations of these credit codes."""
        for batch in in_batches(sorted(codes)):
            found = self.inside.filter(credit_code__in=batch)
            for record in found.select_related(*_NEED).order_by("-merged_into", "pk"):
                self.by_code[record.credit_code] = record.merged_into or record

    def load_refs(self, refs: set[str]) -> None:
        """Load the organizations of these 记录编号."""
        for batch in in_batches(sorted(refs)):
            found = self.inside.filter(ref__in=batch)
            for record in found.select_related(*_NEED).order_by("pk"):
                self.by_ref[record.ref] = record.merged_into or record

    def nearest(self, named: Sequence[SocialOrganization], place: Place) -> SocialOrganization | None:
        """Return the one of several of one name that is nearest to a place: of its community, its town, its county.

        None where several are as near.
        """
        own = self.places(place.community.id if place.community else None, place.division_id)
        for level, _ in enumerate(own):
            near = [each for each in named if own[level] is not None and self.places_of(each)[level] == own[level]]
            if near:
                return near[0] if len(near) == 1 else None
        return named[0] if len(named) == 1 else None

    def places_of(self, organization: SocialOrganization) -> tuple[int | None, int, int]:
        """Return community, town (or the division itself) and county of an organization, as they are today."""
        community = organization.community
        division = community.town_id if community is not None else organization.division_id
        if division is None:
            raise ValueError(f"The organization {organization.pk} has no place.")
        return self.places(organization.community_id, division)

    def places(self, community: int | None, division: int) -> tuple[int | None, int, int]:
        """Return community, town (or the division itself) and county of today."""
        today = self._index.today_of(self._index.divisions[division])
        county = self._index.today_of(self._index.divisions[self._index.county_of(today.pk)])
        return community, today.pk, county.pk


class OrganizationFinder:
    """The organization that each row names; see `KnownOrganizations` for those that are known."""

    def __init__(
        self,
        rows: Iterable[RegisterRow],
        index: PlaceIndex,
        *,
        name_field: str,
        code_field: str = "",
        includes_above: bool = False,
    ) -> None:
        self._name_field, self._code_field = name_field, code_field
        rows = list(rows)
        self._known = KnownOrganizations(index, includes_above=includes_above)
        self._known.load_names({comparable(name) for row in rows if (name := row.get(name_field))})
        if code_field:
            self._known.load_codes({code for row in rows if (code := row.get(code_field))})

    def find(self, row: RegisterRow) -> SocialOrganization | None:
        """Return the organization of a row; None where it names none, or reports why there is none or more than one.

        Of several of one name the nearest to the row's place is meant.
        """
        code = row.get(self._code_field) if self._code_field else None
        if code:
            return self._coded(row, code, row.get(self._name_field))
        name = row.get(self._name_field)
        if not name or row.place is None:
            return None
        named = self._known.by_name.get(comparable(name), [])
        if not named:
            row.report("bad_choice", f"社会组织登记表中没有“{name}”，请先登记这个组织，或者核对名称", self._name_field)
            return None
        if (found := self._known.nearest(named, row.place)) is None:
            row.report("bad_choice", f"有几个组织都叫“{named[0]}”，请写明它所在的社区", self._name_field)
        return found

    def _coded(self, row: RegisterRow, code: str, name: str | None) -> SocialOrganization | None:
        known = self._known.by_code.get(code)
        if known is None:
            row.report("bad_choice", "社会组织登记表中没有这个统一社会信用代码的组织，请先登记", self._code_field)
        elif name and known not in self._known.by_name.get(comparable(name), ()):
            row.report("bad_choice", f"这个信用代码是“{known}”的，与所填名称不一致，请核对", self._code_field)
            return None
        return known
