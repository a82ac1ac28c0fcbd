"""The sections and annexes of an issue with their blocks, and how the annexes are called."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple, TypeVar

from changzhi_portal import discovery
from changzhi_portal.briefings import Block, BriefingAnnex, BriefingSection
from reports.stored_figures import BriefingFigures

Part = TypeVar("Part", BriefingSection, BriefingAnnex)


class LabelledAnnex(NamedTuple):
    """An annex that has something to say; `label` is 附件1, or 附件 for the only one."""

    label: str
    annex: BriefingAnnex
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str:
        """Return 附件1未达标城市社区名单."""
        return f"{self.label}{self.annex.title}"


def declared_sections() -> list[BriefingSection]:
    """Return the sections of all apps in the order of printing."""
    return sorted(discovery.instances_in("briefing", BriefingSection), key=attrgetter("position", "code"))


def sections_of(figures: BriefingFigures) -> list[tuple[BriefingSection, tuple[Block, ...]]]:
    """Return all sections in the order of printing, each with its blocks, which may be none."""
    return _blocks_of(declared_sections(), figures)


def annexes_of(figures: BriefingFigures) -> list[LabelledAnnex]:
    """Return the annexes that have blocks, in the order of printing."""
    annexes = _blocks_of(discovery.instances_in("briefing", BriefingAnnex), figures)
    filled = [(annex, blocks) for annex, blocks in annexes if blocks]
    return [
        LabelledAnnex("附件" if len(filled) == 1 else f"附件{number}", annex, blocks)
        for number, (annex, blocks) in enumerate(filled, start=1)
    ]


def _blocks_of(parts: Iterable[Part], figures: BriefingFigures) -> list[tuple[Part, tuple[Block, ...]]]:
    in_order = sorted(parts, key=attrgetter("position", "code"))
    return [(part, part.blocks(figures.sections.get(part.code), figures)) for part in in_order]
