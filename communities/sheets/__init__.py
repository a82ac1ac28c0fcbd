"""The sheets of communities, of their facilities and of their monthly counts."""

from communities.sheets.communities import CommunitySheet
from communities.sheets.facilities import FacilitySheet
from communities.sheets.monthly import MonthlySheet

__all__ = ["CommunitySheet", "FacilitySheet", "MonthlySheet"]
