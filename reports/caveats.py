"""What a reader must know before comparing an issue's figures, as the sections of the apps declare it."""

from __future__ import annotations

from reports.parts import declared_sections
from reports.stored_figures import BriefingFigures


def caveats_of(figures: BriefingFigures) -> tuple[str, ...]:
    """Return the sentences: 武乡县本月未上报，其数据为以前登记的，比较时请注意。 () where all may be compared."""
    return tuple(
        sentence
        for section in declared_sections()
        if section.caveats is not None
        for sentence in section.caveats(figures.sections.get(section.code), figures)
    )
