"""The sheets of communities, of their facilities and monthly counts, and of service points."""

from communities.sheets.communities import CommunitySheet
from communities.sheets.facilities import FacilitySheet
from communities.sheets.monthly import MonthlySheet
from communities.sheets.points import PointSheet

__all__ = ["CommunitySheet", "FacilitySheet", "MonthlySheet", "PointSheet"]
