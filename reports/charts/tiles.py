"""Where each county stands on the schematic map."""

from __future__ import annotations

from collections.abc import Sequence

# Column and row of each county in a schematic grid. A map with boundaries would need a 审图号.
# Districts of 2018-11-23 have the position of the county they succeeded.
COUNTY_TILES: dict[str, tuple[int, int]] = {
    "140431": (0, 0),  # 沁源县
    "140430": (1, 0),  # 沁县
    "140429": (2, 0),  # 武乡县
    "140426": (3, 0),  # 黎城县
    "140424": (0, 1),  # 屯留县
    "140405": (0, 1),  # 屯留区
    "140423": (1, 1),  # 襄垣县
    "140481": (2, 1),  # 潞城市
    "140406": (2, 1),  # 潞城区
    "140425": (3, 1),  # 平顺县
    "140428": (0, 2),  # 长子县
    "140471": (1, 2),  # 高新区
    "140402": (2, 2),  # 城区
    "140403": (2, 2),  # 潞州区
    "140427": (3, 2),  # 壶关县
    "140421": (1, 3),  # 长治县
    "140404": (1, 3),  # 上党区
    "140411": (2, 3),  # 郊区
}
_TILE_COLUMNS = 4
_TILE_CHARACTERS = 8


def short_name(name: str) -> str:
    """Shorten a name to fit a tile: 山西长治高新技术产业园区 → 高新技术产业园区."""
    if len(name) > _TILE_CHARACTERS:
        name = name.removeprefix("山西").removeprefix("长治")
    return name if len(name) <= _TILE_CHARACTERS else f"{name[: _TILE_CHARACTERS - 1]}…"


def places_of(codes: Sequence[str]) -> list[tuple[int, int]]:
    """Return column and row of each code; those without a position, or whose position is taken, come below the grid."""
    taken: set[tuple[int, int]] = set()
    places: list[tuple[int, int] | None] = []
    for code in codes:
        place = COUNTY_TILES.get(code)
        places.append(None if place in taken else place)
        if place is not None:
            taken.add(place)
    below = 1 + max((row for _, row in taken), default=-1)
    number_without = 0
    positions: list[tuple[int, int]] = []
    for place in places:
        if place is None:
            place = (number_without % _TILE_COLUMNS, below + number_without // _TILE_COLUMNS)
            number_without += 1
        positions.append(place)
    return positions
