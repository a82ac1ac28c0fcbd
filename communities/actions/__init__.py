"""Writes of places. One file a kind of write; import from here."""

from communities.actions.division_changes import carry_out
from communities.actions.loading import LoadedDivisions, load_divisions
from communities.actions.noting import note_division_changes

__all__ = ["LoadedDivisions", "carry_out", "load_divisions", "note_division_changes"]
