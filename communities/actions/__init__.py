"""Actions that write places, one module for each kind of write. Import from here."""

from communities.actions.contacts import ContactFields, delete_contact, divisions_with_contacts_of, save_contact
from communities.actions.division_changes import apply_plan
from communities.actions.entry import SavedEntry, confirm_unchanged, save_counts, save_entry
from communities.actions.loading import LoadedDivisions, load_divisions
from communities.actions.noting import allot_records, note_changes, note_division_changes, withdraw_change
from communities.actions.undoing import change_set_of, undo_changes

__all__ = [
    "ContactFields",
    "LoadedDivisions",
    "SavedEntry",
    "allot_records",
    "apply_plan",
    "change_set_of",
    "confirm_unchanged",
    "delete_contact",
    "divisions_with_contacts_of",
    "load_divisions",
    "note_changes",
    "note_division_changes",
    "save_contact",
    "save_counts",
    "save_entry",
    "undo_changes",
    "withdraw_change",
]
