"""Models of social organizations: the organizations, their filing (备案) and what supports them (扶持). Import from here."""

from orgs.models.filings import FEWEST_MEMBERS, OPEN, Filing, FilingQuerySet, FilingStep
from orgs.models.organizations import SocialOrganization, SocialOrganizationQuerySet
from orgs.models.supports import Support, SupportQuerySet

__all__ = [
    "FEWEST_MEMBERS",
    "OPEN",
    "Filing",
    "FilingQuerySet",
    "FilingStep",
    "SocialOrganization",
    "SocialOrganizationQuerySet",
    "Support",
    "SupportQuerySet",
]
