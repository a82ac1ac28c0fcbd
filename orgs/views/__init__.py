"""Pages of social organizations, their filing and what supports them. Import from here."""

from orgs.views.filings import ChangeFiling, FilingDetail, FilingList, MoveFiling, NewFiling, NewFilingOf
from orgs.views.organizations import OrganizationDetail, OrganizationList
from orgs.views.supports import SupportDetail, SupportList

__all__ = [
    "ChangeFiling",
    "FilingDetail",
    "FilingList",
    "MoveFiling",
    "NewFiling",
    "NewFilingOf",
    "OrganizationDetail",
    "OrganizationList",
    "SupportDetail",
    "SupportList",
]
