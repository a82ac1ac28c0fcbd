"""The schematic map of the counties, with one tile per county."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from reports.charts.drawing import INK, LINK_PREFIX, Mark, draw, mark_of, nothing_to_show

# From light to dark in equal steps of 20 %; grey values stay apart in print.
_SHADES = ("#eef3f7", "#c6d9e6", "#8fb6cf", "#4f8bb0", "#1f5f8b")
_DARK_SHADES = frozenset(_SHADES[3:])

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


def county_tiles_svg(rows: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """Draw a schematic map of the counties, one tile each, darker for a higher rate; `<svg>` markup for a template.

    A row has `code`, `name`, `percent` (the rate as `changzhi_portal.percent` rounds it, or None) and optionally `url`
    and `label`. Divisions without a position on the grid are placed in rows below it.
    """
    return _tiles(tuple(mark_of(row) for row in rows), title)


@lru_cache(maxsize=64)
def _tiles(marks: tuple[Mark, ...], title: str) -> str:
    """Draw the schematic map, cached by its arguments."""
    import altair as alt  # heavy: loaded when a chart is drawn

    if not marks:
        return nothing_to_show(title)
    data: list[dict[str, Any]] = []
    for position, (mark, (column, row)) in enumerate(zip(marks, _places(marks), strict=True)):
        shade = "#ffffff" if mark.rate is None else _SHADES[min(int(mark.rate * len(_SHADES)), len(_SHADES) - 1)]
        data.append(
            {
                "column": column,
                "row": row,
                "name": _short(mark.name),
                "label": "—" if mark.rate is None else mark.label,
                "shade": shade,
                "ink": "#ffffff" if shade in _DARK_SHADES else INK,
                "link": f"{LINK_PREFIX}{position}",
            }
        )
    rows = 1 + max(place["row"] for place in data)
    base = alt.Chart(alt.Data(values=data)).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(domain=list(range(_TILE_COLUMNS)), paddingInner=0.04)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(rows)), paddingInner=0.06)),
    )
    fill = alt.Color("shade:N", scale=None, legend=None)
    ink = alt.Color("ink:N", scale=None, legend=None)
    chart = alt.layer(
        base.mark_rect(stroke="#5b6b7f", strokeWidth=1, cornerRadius=3).encode(color=fill, href="link:N"),
        base.mark_text(dy=-9, fontSize=13).encode(text="name:N", color=ink),
        base.mark_text(dy=11, fontSize=14, fontWeight="bold").encode(text="label:N", color=ink),
    ).properties(width=alt.Step(112), height=alt.Step(62))
    return draw(chart, marks, title)


def _short(name: str) -> str:
    """Shorten a name to fit a tile: 山西长治高新技术产业园区 → 高新技术产业园区."""
    if len(name) > _TILE_CHARACTERS:
        name = name.removeprefix("山西").removeprefix("长治")
    return name if len(name) <= _TILE_CHARACTERS else f"{name[: _TILE_CHARACTERS - 1]}…"


def _places(marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Return column and row of each mark; marks without a position, or whose position is taken, come below the grid."""
    taken: set[tuple[int, int]] = set()
    places: list[tuple[int, int] | None] = []
    for mark in marks:
        place = COUNTY_TILES.get(mark.code)
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
