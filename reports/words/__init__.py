"""The sentences of a briefing in the written Chinese of official documents (docs/domain.md §7.4).

Pure functions of the stored figures (`reports.stored_figures`), so equal figures give equal text. The sentences vary
by what the figures say, never at random. Unknown figures are left out.
"""

from reports.words.overview import overview, title
from reports.words.shortcomings import shortcoming
from reports.words.targets import target_sentences
from reports.words.values import (
    NOT_KNOWN,
    change_cell,
    change_on_last_month,
    change_on_year_before,
    clause_in_words,
    figure_in_words,
    named,
)

__all__ = [
    "NOT_KNOWN",
    "change_cell",
    "change_on_last_month",
    "change_on_year_before",
    "clause_in_words",
    "figure_in_words",
    "named",
    "overview",
    "shortcoming",
    "target_sentences",
    "title",
]
