"""The registers of social organizations: 社会组织 and 组织扶持. Import from here."""

from orgs.sheets.organizations import OrganizationSheet
from orgs.sheets.supports import SupportSheet

__all__ = ["OrganizationSheet", "SupportSheet"]
