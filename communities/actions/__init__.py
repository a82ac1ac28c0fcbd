"""Writes of places. One file a kind of write; import from here."""

from communities.actions.loading import LoadedDivisions, load_divisions

__all__ = ["LoadedDivisions", "load_divisions"]
