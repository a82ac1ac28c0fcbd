"""The sheets of communities and of their facilities."""

from communities.sheets.communities import CommunitySheet
from communities.sheets.facilities import FacilitySheet

__all__ = ["CommunitySheet", "FacilitySheet"]
