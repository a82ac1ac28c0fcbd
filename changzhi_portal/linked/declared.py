"""What an app declares of its figures for 三、联动工作 and for the dashboard, in `<app>/briefing.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

from changzhi_portal.discovery import instances_in
from changzhi_portal.figures import Figure
from changzhi_portal.linked.told import Told

SECTION = "linked"  # the section that stores the figures


class LinkedPart(StrEnum):
    """The parts （一）… of the section, in the order of printing."""

    RELIEF = "平台与减负"
    ORGANIZATIONS = "社会组织与购买服务"
    TALENT = "社工人才"
    SUPPORT = "经费与推广"


@dataclass(frozen=True, kw_only=True)
class ShownFigure:
    """A figure of divisions as a work shows it.

    `title` heads its column, with the unit: 组织健全（%）. `register` is what a county without it has not reported: 服务设施.
    `is_key`: it stands on the card of the dashboard.
    """

    figure: Figure
    title: str
    register: str
    is_key: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class LinkedWork:
    """One system of the paper: its figures, and its paragraphs in a part of the section.

    `paragraphs` makes them of what is stored alone; one that has nothing to say is left out. `position` orders works
    within their part, and on the dashboard.
    """

    code: str
    title: str
    part: LinkedPart
    position: int
    figures: tuple[ShownFigure, ...]
    paragraphs: Callable[[Told], Sequence[str]]


@dataclass(frozen=True, eq=False, kw_only=True)
class LinkedText:
    """Paragraphs of a part that are made of what the app's own section `section` stores with the issue.

    `paragraphs` gets that and all figures of the issue, as `blocks` of a section does.
    """

    section: str
    part: LinkedPart
    position: int
    paragraphs: Callable[[Any, Any], Sequence[str]]


def declared_works() -> list[LinkedWork]:
    """Return the works of all apps, by part and position."""
    parts = list(LinkedPart)
    return sorted(instances_in("briefing", LinkedWork), key=lambda work: (parts.index(work.part), work.position))


def declared_texts() -> list[LinkedText]:
    """Return the texts of other sections' figures, by position."""
    return sorted(instances_in("briefing", LinkedText), key=attrgetter("position"))
