"""Actions that write places, one module for each kind of write. Import from here."""

from communities.actions.division_changes import apply_plan
from communities.actions.entry import SavedEntry, confirm_unchanged, save_entry
from communities.actions.loading import LoadedDivisions, load_divisions
from communities.actions.noting import note_division_changes

__all__ = [
    "LoadedDivisions",
    "SavedEntry",
    "apply_plan",
    "confirm_unchanged",
    "load_divisions",
    "note_division_changes",
    "save_entry",
]
