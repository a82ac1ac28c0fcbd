"""The real places the demo speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from changzhi_portal.names import community_key
from communities.models import Community, Division

# Places without a kind by their code that do have residents: the housing estates of four coal mines.
MINING_COMMUNITIES = frozenset({"140421101400", "140424100400", "140428104400", "140428104401"})


@dataclass(frozen=True, slots=True)
class DemoCommunity:
    """A community that reports. `kind` is what its office says it is."""

    code: str
    name: str
    town: str
    kind: str
    leads_town: bool  # the first of its town, where the town's government mostly sits

    @property
    def is_urban(self) -> bool:
        """城市社区."""
        return self.kind == Community.Kind.URBAN

    @property
    def short_name(self) -> str:
        """和平社区, 西垴头村: the name as organizations and facilities carry it."""
        return f"{community_key(self.name)}{'社区' if self.is_urban else '村'}"


@dataclass(frozen=True, slots=True)
class DemoCounty:
    """A county with its reporting communities in the order of their codes, so town by town."""

    code: str
    name: str
    communities: tuple[DemoCommunity, ...]


def demo_counties() -> list[DemoCounty]:
    """Every county of today with its real communities; virtual places and the empty industrial park do not report."""
    communities = (
        Community.objects.standing()
        .filter(is_virtual=False)
        .select_related("town__parent")
        .order_by("town__parent__code", "code")
    )
    reporting = [community for community in communities if community.kind or community.code in MINING_COMMUNITIES]
    return [
        _county(county, list(members))
        for county, members in groupby(reporting, key=lambda community: community.town.parent)
    ]


def _county(county: Division, members: list[Community]) -> DemoCounty:
    first_of_town: dict[str, str] = {}
    for member in members:
        first_of_town.setdefault(member.town.name, member.code)
    return DemoCounty(
        code=county.code,
        name=county.name,
        communities=tuple(
            DemoCommunity(
                code=member.code,
                name=member.name,
                town=member.town.name,
                kind=member.kind or Community.Kind.URBAN,
                leads_town=first_of_town[member.town.name] == member.code,
            )
            for member in members
        ),
    )
