"""Actions that write places, one module for each kind of write. Import from here."""

from communities.actions.division_changes import apply_plan
from communities.actions.loading import LoadedDivisions, load_divisions
from communities.actions.noting import note_division_changes

__all__ = ["LoadedDivisions", "apply_plan", "load_divisions", "note_division_changes"]
