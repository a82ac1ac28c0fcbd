"""Actions that write briefings: preparing and printing issues, and issuing corrected editions. Import from here."""

from reports.actions.corrected_editions import issue_correction
from reports.actions.printing import (
    measure_if_outdated,
    prepare_briefing,
    print_briefing,
    print_queued,
)

__all__ = [
    "issue_correction",
    "measure_if_outdated",
    "prepare_briefing",
    "print_briefing",
    "print_queued",
]
