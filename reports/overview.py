"""The top of the dashboard: how many targets are on pace, who is behind, and what to do next (`reports.next_step`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports import forecast
from reports.dashboard import Board, Card, LinkTo
from reports.standing import Standing, standing_of
from targets.models import Target, TargetResult
from targets.pace import Outlook
from targets.result_lists import ResultLists

MOST_NAMED = 5  # of those who are behind


@dataclass(frozen=True)
class Shortfall:
    """How many units fall short of one target in one division; `url` leads to the list of them."""

    target: str
    unmet: int
    is_far: bool  # whether the division's standing against the target is FAR
    url: str


@dataclass(frozen=True)
class Lagging:
    """One who is behind: a division, or for a division without others below it one of its targets."""

    name: str
    url: str
    shortfalls: tuple[Shortfall, ...]  # by target, most units first; a target has its own only

    @property
    def far(self) -> int:
        """Return the number of targets that the division is far from."""
        return sum(each.is_far for each in self.shortfalls)

    @property
    def unmet(self) -> int:
        """Return the number of judged units that fall short, summed over the targets."""
        return sum(each.unmet for each in self.shortfalls)


@dataclass(frozen=True)
class Overview:
    """What the first screen says about a division in a month; `uncertain` are targets without a pace.

    A target of a figure of divisions is `behind` in a month in which a county falls short.
    """

    on_pace: tuple[str, ...]
    behind: tuple[str, ...]
    uncertain: tuple[str, ...]
    lagging: tuple[Lagging, ...]
    is_by_division: bool  # whether `lagging` are divisions

    @property
    def total(self) -> int:
        """Return the number of targets that judge something here."""
        return len(self.on_pace) + len(self.behind) + len(self.uncertain)


def overview_of(
    board: Board, cards: Sequence[Card], *, link_to: LinkTo, link_to_target: Callable[[Target], str]
) -> Overview:
    """Return the overview; one query, which tables and charts of the same board share."""
    by_outlook: dict[str, list[str]] = {"on_pace": [], "behind": [], "uncertain": []}
    for card in cards:
        if not card.result.judged:
            continue  # the target judges nothing here, as that of urban districts in a rural county
        by_outlook[_outlook(card)].append(card.target.short_name)
    below = [result for result in board.results_below() if result.target.level != Target.Level.COUNTY]
    lagging = _lagging_divisions(board, below, link_to) if below else _lagging_targets(cards, link_to_target)
    return Overview(
        **{kind: tuple(names) for kind, names in by_outlook.items()},
        lagging=tuple(lagging[:MOST_NAMED]),
        is_by_division=bool(below),
    )


def _outlook(card: Card) -> str:
    if card.is_behind:
        return "behind"
    if card.target.judges_figure:  # without a pace: this month's figure reaches or not
        short = "behind" if card.result.unmet else "uncertain"
        return "on_pace" if card.result.reached == card.result.judged else short
    return "on_pace" if forecast.is_outlook(card.progress, Outlook.DONE, Outlook.IN_TIME) else "uncertain"


def _lagging_divisions(board: Board, results: Sequence[TargetResult], link_to: LinkTo) -> list[Lagging]:
    """Return the divisions with units that fall short: most targets that are far off first, then most units."""
    by_division: dict[int, list[TargetResult]] = {}
    for result in results:
        by_division.setdefault(result.division_id, []).append(result)
    lagging = []
    for of_division in by_division.values():
        if not any(result.unmet for result in of_division):
            continue
        division = of_division[0].division
        short = [
            _shortfall(result, board.lists_of(result.target, division))
            for result in of_division
            if result.unmet or standing_of(result) is Standing.FAR
        ]
        short.sort(key=lambda each: -each.unmet)
        lagging.append((division, Lagging(division.name, link_to(division), tuple(short))))
    lagging.sort(key=lambda pair: (-pair[1].far, -pair[1].unmet, pair[0].code))
    return [each for _, each in lagging]


def _lagging_targets(cards: Sequence[Card], link_to_target: Callable[[Target], str]) -> list[Lagging]:
    """Return the targets of a division without others below it, those with most units that fall short first."""
    behind = sorted((card for card in cards if card.result.unmet), key=lambda card: -card.result.unmet)
    return [
        Lagging(card.target.short_name, link_to_target(card.target), (_shortfall(card.result, card.lists),))
        for card in behind
    ]


def _shortfall(result: TargetResult, lists: ResultLists) -> Shortfall:
    return Shortfall(result.target.short_name, result.unmet, standing_of(result) is Standing.FAR, lists.unmet)
