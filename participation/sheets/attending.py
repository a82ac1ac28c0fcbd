"""The organizations that a consultation lists: found by name or credit code within the county of its community."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from changzhi_portal.names import comparable
from changzhi_portal.registers.cleaning import items_of
from communities.places import Place, PlaceIndex
from orgs.models import SocialOrganization
from orgs.sheets.finding import KnownOrganizations

_CODE: Final = re.compile(r"[0-9A-Z]{18}")
_REF: Final = re.compile(r"[a-z2-7]{13}")


class OrganizationNotFoundError(ValueError):
    """No organization, or more than one; the text is the sentence for the office."""


class AttendingOrganizations:
    """Finds organizations by what a cell lists, and says how a sheet lists one so that it is found again.

    Known are those of the office's own area and of the divisions above it. `items` are names, credit codes or 记录编号.
    """

    def __init__(self, items: Iterable[str], index: PlaceIndex) -> None:
        self._index = index
        self._known = KnownOrganizations(index, includes_above=True)
        self.inside = self._known.inside
        wanted = set(items)
        self._known.load_names({comparable(item) for item in wanted})
        self._known.load_codes({code for item in wanted if _CODE.fullmatch(code := _as_code(item))})
        self._known.load_refs({item for item in wanted if _REF.fullmatch(item)})

    def find(self, item: str, place: Place) -> SocialOrganization:
        """Return the organization that an item of a list means at a place. Raises OrganizationNotFoundError.

        Of several of one name in the county the nearest is meant: of the community, its town, its county.
        """
        coded = self._known.by_code.get(_as_code(item)) or self._known.by_ref.get(item)
        if coded is not None:
            if self._is_of_county(coded, place):
                return coded
            raise OrganizationNotFoundError(
                f"“{item}”是“{coded}”的，不在这个社区所在的县（市、区），请核对参加的社会组织"
            )
        named = [each for each in self._known.by_name.get(comparable(item), ()) if self._is_of_county(each, place)]
        if not named:
            raise OrganizationNotFoundError(
                f"社会组织登记表中，本县（市、区）没有“{item}”，请先登记这个组织，或者核对名称、信用代码"
            )
        if (found := self._known.nearest(named, place)) is None:
            raise OrganizationNotFoundError(f"有几个组织都叫“{item}”，请改填统一社会信用代码或记录编号")
        return found

    def word_for(self, organization: SocialOrganization, place: Place | None) -> str:
        """Return what a sheet lists for an organization: its name where that is enough, else its code or 记录编号."""
        name = organization.name
        if place is not None and items_of(name) == [name]:
            try:
                if self.find(name, place).pk == organization.pk:
                    return name
            except OrganizationNotFoundError:
                pass
        return organization.credit_code or organization.ref

    def _is_of_county(self, organization: SocialOrganization, place: Place) -> bool:
        """Tell whether an organization belongs to the county of a place, or to the city above it."""
        county = self._known.places_of(organization)[2]
        return county in {self._known.places(None, place.division_id)[2], self._index.city.pk}


def _as_code(item: str) -> str:
    return re.sub(r"\s", "", comparable(item)).upper()
