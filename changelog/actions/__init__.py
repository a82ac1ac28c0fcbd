"""Writing records together with their change log, and taking such writes back. Import from here."""

from changelog.actions.apply import LoggedChange, apply_writes, change_of, differing, log_changes
from changelog.actions.reverse import Reversal, reverse_change_set

__all__ = [
    "LoggedChange",
    "Reversal",
    "apply_writes",
    "change_of",
    "differing",
    "log_changes",
    "reverse_change_set",
]
