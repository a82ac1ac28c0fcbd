"""Writes of filings: noting one, and changing one that is open. Import from here; deciding is a move (`orgs.flow`)."""

from orgs.actions.filings import (
    FilingFields,
    change_filing,
    communities_to_file_in,
    new_filing,
    open_filing,
    organization_to_file,
)

__all__ = [
    "FilingFields",
    "change_filing",
    "communities_to_file_in",
    "new_filing",
    "open_filing",
    "organization_to_file",
]
