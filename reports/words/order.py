"""Who leads and who lags under one target, in words (docs/domain.md §7.3)."""

from __future__ import annotations

from collections.abc import Sequence

from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import joined
from reports.ranking import MOST_NAMED, Order, order_of
from reports.stored_figures import DivisionFigures
from reports.words.values import named

_A_PAIR = 2


def order_sentence(divisions: Sequence[DivisionFigures], *, units: str, judged: str) -> str:
    """Return 达标率居前的是…，居后的是…。 Another sentence for two, or where all stand alike; "" for a single division.

    `units` are what the divisions are (县（市、区）), `judged` what is judged in them (城市社区).
    """
    order = order_of(divisions)
    said = ""
    if len(order.places) == 1 and order.ranked > 1:
        said = _all_alike(order.places[0], units, judged)
    elif order.ranked == _A_PAIR:
        said = f"{_of_two(order.places[0][0])}，居前；{_of_two(order.places[1][0])}，居后"
    elif order.best:
        said = _best_and_weakest(order, units)
    return joined([said, _unreported(order, units)], by="；") + "。" if said else ""


def _has_all(row: DivisionFigures) -> bool:
    return row.reached == row.judged


def _code(row: DivisionFigures) -> str:
    return row.code


def _all_alike(rows: Sequence[DivisionFigures], units: str, judged: str) -> str:
    names = "、".join(row.name for row in sorted(rows, key=_code)) if len(rows) == _A_PAIR else f"{len(rows)}个{units}"
    if all(_has_all(row) for row in rows):
        return f"{names}均已全部达标"
    if not any(row.reached for row in rows):
        return f"{names}均无达标的{judged}"
    return f"{names}达标率相同，均为{percent_text(rows[0].percent)}"


def _of_two(row: DivisionFigures) -> str:
    return f"{row.name}{'全部达标' if _has_all(row) else f'达标率{percent_text(row.percent)}'}"


def _best_and_weakest(order: Order, units: str) -> str:
    top = order.best[0]
    weakest = f"居后的是{_places(order.weakest, units)}"
    if not all(_has_all(row) for row in top):
        return f"达标率居前的是{_places(order.best, units)}，{weakest}"
    if order.ranked - len(top) == 1:
        [last] = order.weakest[0]
        return f"除{last.name}（{percent_text(last.percent)}）外，其余{len(top)}个{units}已全部达标"
    next_best = f"其次是{_places(order.best[1:], units)}" if order.best[1:] else ""
    return joined([f"{named([row.name for row in top], units)}已全部达标", next_best, weakest])


def _places(places: Sequence[Sequence[DivisionFigures]], units: str) -> str:
    """Return 沁县（20.0%），以及城区、郊区、黎城县（均为25.0%）: those that share a place are treated alike."""
    said = ""
    for place in places:
        rate, names = percent_text(place[0].percent), [row.name for row in place]
        if len(place) > _A_PAIR:
            who = "、".join(names) if len(names) <= MOST_NAMED else named(names, units)
            said = joined([said, f"{who}（均为{rate}）"], by="，以及")
        else:
            said = joined([said, *(f"{name}（{rate}）" for name in names)], by="、")
    return said


def _unreported(order: Order, units: str) -> str:
    """Return 襄垣县数据未报，不参加排名."""
    rows = order.unreported
    if not rows:
        return ""
    manner = "未报" if all(row.unknown == row.judged for row in rows) else "过半未报"
    return f"{named([row.name for row in rows], units)}数据{manner}，不参加排名"
