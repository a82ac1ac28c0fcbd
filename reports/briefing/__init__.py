"""The sections and annexes of a briefing that consist of the targets' figures (docs/domain.md §7.3); other apps add theirs."""

from reports.briefing.linked import LINKED, LINKED_FIGURES
from reports.briefing.next_steps import NEXT_STEPS
from reports.briefing.overview import OVERVIEW
from reports.briefing.progress import PROGRESS
from reports.briefing.rural_towns import RURAL_TOWNS
from reports.briefing.shortfalls import SHORTCOMINGS, SHORTFALLS
from reports.briefing.targets import TARGETS

__all__ = [
    "LINKED",
    "LINKED_FIGURES",
    "NEXT_STEPS",
    "OVERVIEW",
    "PROGRESS",
    "RURAL_TOWNS",
    "SHORTCOMINGS",
    "SHORTFALLS",
    "TARGETS",
]
