"""五、主要短板 in words: who is farthest from each target."""

from __future__ import annotations

from collections.abc import Sequence

from changzhi_portal.display import display_number
from changzhi_portal.phrases import joined, units_below
from reports.ranking import MOST_NAMED, first_places, in_one_list, tied
from reports.stored_figures import Edition, Farthest, FarthestCommunity, TargetFigures
from targets.wording import amount_text, kind_text


def shortcoming(target: TargetFigures, division: Edition) -> str:
    """Return one paragraph of 五、主要短板: the communities farthest from one target, by name and number.

    When many lack equally much, returns where most of the unmet ones are. Returns "" when none falls short.
    """
    farthest = target.farthest
    if farthest is None or not target.unmet:
        return ""
    if farthest.rows:
        return f"{_begins(target, farthest)}{_named_communities(farthest.rows, target, division)}。"
    where = _most_unmet(target, division)
    unmet = f"{target.short_name}未达标的{display_number(target.unmet)}个{kind_text(target.kind)}"
    lacking = amount_text(farthest.missing, target.unit)
    if farthest.number == target.unmet:
        return joined([f"{unmet}均还缺{lacking}", where and f"较多的是{where}"]) + "。"
    most = f"有{display_number(farthest.number)}个还缺{lacking}"
    return joined([f"{unmet}中，{most}", where and f"未达标较多的是{where}"]) + "。"


def _begins(target: TargetFigures, farthest: Farthest) -> str:
    """Return what the names follow: whether they are all that fall short, all that lack most, or the first of many."""
    if len(farthest.rows) == target.unmet:
        return f"{target.short_name}未达标的{'只有' if target.unmet == 1 else '是'}"
    alike = {row.missing for row in farthest.rows}
    return f"{target.short_name}缺口最大的{'是' if len(alike) == 1 else '依次是'}"


def _most_unmet(target: TargetFigures, division: Edition) -> str:
    """Return the divisions with most unmet units: 城区（12个）、郊区（9个）; "" when more than five have equally many.

    Divisions with equal numbers are named together or not at all; more than five before others are counted.
    """
    short = sorted((row for row in target.divisions if row.unmet), key=lambda row: (-row.unmet, row.code))
    places = tied(short, lambda row: row.unmet)
    if places and len(places[0]) > MOST_NAMED:
        is_all = len(places) == 1
        return (
            "" if is_all else f"{len(places[0])}个{units_below(division)}（各{display_number(places[0][0].unmet)}个）"
        )
    return "、".join(f"{row.name}（{display_number(row.unmet)}个）" for row in in_one_list(first_places(places)))


def _named_communities(rows: Sequence[FarthestCommunity], target: TargetFigures, division: Edition) -> str:
    """Return 城区东街街道办事处和平社区居委会（现有120平方米，还缺380平方米）、…; a county's edition omits its own name."""
    names_county = division.level == "city"
    return "、".join(
        f"{row.county if names_county else ''}{row.town}{row.name}"
        f"（现有{amount_text(row.value, target.unit)}，还缺{amount_text(row.missing, target.unit)}）"
        for row in rows
    )
