"""The situations of a briefing and the exact sentences that it writes about them, as tables (docs/domain.md §7.4)."""

from __future__ import annotations

from typing import Any

from changzhi_portal.percent import percent
from reports.stored_figures import DivisionFigures, TargetFigures
from targets.pace import Outlook
from tests.reports.briefings import division, target

CITY_NAMES = (
    "城区",
    "郊区",
    "长治县",
    "襄垣县",
    "屯留县",
    "平顺县",
    "黎城县",
    "壶关县",
    "长子县",
    "武乡县",
    "沁县",
    "沁源县",
    "潞城市",
)


def rate(reached: int, judged: int) -> float | None:
    """Return the printed rate."""
    printed = percent(reached, judged)
    return None if printed is None else float(printed)


def units(judged: int, met: int, *, unknown: int = 0, **changes: Any) -> TargetFigures:
    """Return 城市社区设施面积 with these counts and without divisions or a change; each unmet unit lacks 80 ㎡."""
    over = changes.get("over", 0)
    unmet = judged - met - over - unknown
    values = {
        "judged": judged,
        "met": met,
        "unmet": unmet,
        "unknown": unknown,
        "gap": 80 * unmet,
        "percent": rate(met + over, judged),
        "change_on_last_month": None,
        "divisions": [],
        "farthest": None,
    }
    return target(**{**values, **changes})


def places(*counts: tuple[int, ...]) -> list[DivisionFigures]:
    """Return a county for each (reached, judged) or (reached, judged, unknown)."""
    rows = []
    for name, (met, judged, *others) in zip(CITY_NAMES, counts, strict=False):
        unknown = others[0] if others else 0
        code = f"1404{CITY_NAMES.index(name):02}"
        values = {"unknown": unknown, "unmet": judged - met - unknown, "percent": rate(met, judged)}
        rows.append(division(code, name, judged, met, **values))
    return rows


def moving(outlook: Outlook, **changes: Any) -> dict[str, Any]:
    """Return a pace: over six months, 30 left."""
    values = {
        "outlook": outlook,
        "progress": 0.43,
        "months_counted": 6,
        "attained_in": None,
        "needed": None,
        "months_left": 30,
    }
    return {**values, **changes}
