"""Which county has which kind of document in force on a day, and which has none (docs/domain.md §12.1)."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse

from changzhi_portal.display import DASH, display_number
from changzhi_portal.rights import Viewer
from communities.models import Community, Division
from practice.models import Document

DEVELOPMENT = Document.Kind.DEVELOPMENT
# A community that is scored: one of a known kind that is real and stands, as `targets` counts them.
_STANDING = {"closed_on__isnull": True, "is_virtual": False}


@dataclass(frozen=True)
class Cell:
    """One kind of documents of one division.

    `number` are the division's documents, of development plans the communities that have one, among `communities`.
    `is_gap`: a county without any, or with communities without one.
    """

    kind: str
    label: str
    number: int
    url: str
    communities: int | None = None
    is_gap: bool = False

    @property
    def text(self) -> str:
        """Return 2, 缺, 3/40 for the communities with a plan among all, or a dash where none is asked for."""
        if self.communities is not None:
            return f"{display_number(self.number)}/{display_number(self.communities)}" if self.communities else DASH
        if not self.number:
            return "缺" if self.is_gap else DASH
        return display_number(self.number)


@dataclass(frozen=True)
class MatrixRow:
    """A division with a cell for each kind."""

    division: Division
    name: str
    cells: Sequence[Cell]

    @property
    def gaps(self) -> int:
        """Return how many kinds of documents of its own are missing."""
        return sum(cell.is_gap for cell in self.cells if cell.communities is None)


def documents_by_county(user: Viewer, day: datetime.date) -> list[MatrixRow]:
    """Return a row for each of today's counties that a user may see; for one of the city its own documents first.

    A town's user sees the town's own row. A document of a closed county counts for the county that stands in its place.
    Six queries.
    """
    divisions = _divisions(user)
    own = _own_documents(user, day)
    planned, standing = _planned(user, day), _communities(user)
    rows = []
    for division in divisions:
        is_asked = division.level == Division.Level.COUNTY
        cells = [
            _cell(division, kind, own.get((division.pk, kind.value), 0), day, is_asked=is_asked)
            for kind in Document.Kind
            if kind is not DEVELOPMENT
        ]
        if division.level == Division.Level.CITY:
            number, communities = sum(planned.values()), sum(standing.values())
        else:
            number, communities = planned.get(division.pk, 0), standing.get(division.pk, 0)
        is_gap = is_asked and number < communities
        asked = {"kind": DEVELOPMENT.value, "on_day": day.isoformat(), **_place_asked(division)}
        cells.append(Cell(DEVELOPMENT.value, str(DEVELOPMENT.label), number, _list_address(asked), communities, is_gap))
        rows.append(MatrixRow(division, _name_of(division), cells))
    return rows


def _divisions(user: Viewer) -> list[Division]:
    """Return the city first, then its counties by code; of a county the county, of a town the town."""
    seen = Division.objects.current().visible_to(user).select_related("parent")
    found = list(seen.filter(level__in=[Division.Level.CITY, Division.Level.COUNTY], is_statistical=False))
    found = found or list(seen.towns())
    return sorted(found, key=lambda each: (each.level != Division.Level.CITY, each.code))


def _own_documents(user: Viewer, day: datetime.date) -> Mapping[tuple[int, str], int]:
    """Return the number of documents in force by division of today and kind."""
    in_force = Document.objects.visible_to(user).in_force_on(day).filter(division__isnull=False).order_by()
    today = Division.objects.standing_for_closed()
    counted: defaultdict[tuple[int, str], int] = defaultdict(int)
    for division, kind, number in in_force.values_list("division", "kind").annotate(number=Count("pk")):
        counted[today[division].pk if division in today else division, kind] += number
    return counted


def _planned(user: Viewer, day: datetime.date) -> Mapping[int, int]:
    """Return the number of standing communities with a development plan in force, by town and by county."""
    plans = Document.objects.visible_to(user).in_force_on(day).filter(kind=DEVELOPMENT)
    having = {f"community__{name}": value for name, value in _STANDING.items()}
    plans = plans.filter(**having).exclude(community__kind="").order_by()
    by_town = plans.values_list("community__town", "community__town__parent")
    return _by_place(user, by_town.annotate(number=Count("community", distinct=True)))


def _communities(user: Viewer) -> Mapping[int, int]:
    """Return the number of standing communities by town and by county."""
    standing = Community.objects.visible_to(user).filter(**_STANDING).exclude(kind="").order_by()
    return _by_place(user, standing.values_list("town", "town__parent").annotate(number=Count("pk")))


def _by_place(user: Viewer, rows: object) -> Mapping[int, int]:
    """Return numbers of (town, county, number) by county; for a town's user by town."""
    of_town = getattr(getattr(user, "division", None), "level", None) == Division.Level.TOWN
    counted: defaultdict[int, int] = defaultdict(int)
    for town, county, number in rows:  # type: ignore[attr-defined]  # rows of values
        counted[town if of_town else county] += number
    return counted


def _cell(division: Division, kind: Document.Kind, number: int, day: datetime.date, *, is_asked: bool) -> Cell:
    asked = {"kind": kind.value, "on_day": day.isoformat(), "level": division.level, **_place_asked(division)}
    return Cell(kind.value, str(kind.label), number, _list_address(asked), is_gap=is_asked and not number)


def _place_asked(division: Division) -> dict[str, str]:
    if division.level == Division.Level.TOWN and division.parent is not None:
        return {"county": division.parent.code, "town": division.code}
    return {"county": division.code} if division.level == Division.Level.COUNTY else {}


def _list_address(asked: Mapping[str, str]) -> str:
    return f"{reverse('practice:document_list')}?{urlencode(asked)}"


def _name_of(division: Division) -> str:
    return f"{division.name}（市本级）" if division.level == Division.Level.CITY else division.name
