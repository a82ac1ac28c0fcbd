"""Writes of the briefings: preparing and printing issues, and corrected editions of them. Import from here."""

from reports.actions.corrected_editions import issue_correction
from reports.actions.printing import (
    bring_up_to_date,
    prepare_briefing,
    print_briefing,
    print_queued,
)

__all__ = [
    "bring_up_to_date",
    "issue_correction",
    "prepare_briefing",
    "print_briefing",
    "print_queued",
]
