"""The top of the dashboard: how many targets are on pace, who is behind, and what to do next (`reports.next_step`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from communities.models import Division
from reports import forecast
from reports.dashboard import Board, Card
from reports.standing import Standing, standing_of
from targets.models import Target, TargetResult
from targets.pace import Outlook

MOST_NAMED = 5  # of those who are behind


@dataclass(frozen=True)
class Lagging:
    """One who is behind: a division, or for a division without others below it one of its targets."""

    name: str
    url: str
    far: int  # targets whose standing is FAR
    unmet: int  # judged units that fall short, summed over the targets

    @property
    def counts(self) -> str:
        """Return 差距大3项，未达标1,205个."""
        far = f"差距大{self.far}项，" if self.far else ""
        return f"{far}未达标{self.unmet:,}个"


@dataclass(frozen=True)
class Overview:
    """What the first screen says about a division in a month; `uncertain` are targets without a pace."""

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
    board: Board, cards: Sequence[Card], *, link_to: Callable[[Division], str], link_to_target: Callable[[Target], str]
) -> Overview:
    """Return the overview; one query, which tables and charts of the same board share."""
    by_outlook: dict[str, list[str]] = {"on_pace": [], "behind": [], "uncertain": []}
    for card in cards:
        if not card.result.judged:
            continue  # the target judges nothing here, as that of urban districts in a rural county
        by_outlook[_outlook(card)].append(card.target.short_name)
    below = [result for result in board.results_below() if result.target.level != Target.Level.COUNTY]
    lagging = _lagging_divisions(below, link_to) if below else _lagging_targets(cards, link_to_target)
    return Overview(
        **{kind: tuple(names) for kind, names in by_outlook.items()},
        lagging=tuple(lagging[:MOST_NAMED]),
        is_by_division=bool(below),
    )


def _outlook(card: Card) -> str:
    if card.is_behind:
        return "behind"
    return "on_pace" if forecast.is_outlook(card.progress, Outlook.DONE, Outlook.IN_TIME) else "uncertain"


def _lagging_divisions(results: Sequence[TargetResult], link_to: Callable[[Division], str]) -> list[Lagging]:
    """Return the divisions with units that fall short: most targets that are far off first, then most units."""
    far: Counter[int] = Counter()
    unmet: Counter[int] = Counter()
    divisions: dict[int, Division] = {}
    for result in results:
        divisions[result.division_id] = result.division
        far[result.division_id] += standing_of(result) is Standing.FAR
        unmet[result.division_id] += result.unmet
    behind = [key for key in divisions if unmet[key]]
    behind.sort(key=lambda key: (-far[key], -unmet[key], divisions[key].code))
    return [Lagging(divisions[key].name, link_to(divisions[key]), far[key], unmet[key]) for key in behind]


def _lagging_targets(cards: Sequence[Card], link_to_target: Callable[[Target], str]) -> list[Lagging]:
    """Return the targets of a division without others below it, those with most units that fall short first."""
    behind = sorted((card for card in cards if card.result.unmet), key=lambda card: -card.result.unmet)
    return [Lagging(card.target.short_name, link_to_target(card.target), 0, card.result.unmet) for card in behind]
