"""The sheets of communities, of their facilities and of service points."""

from communities.sheets.communities import CommunitySheet
from communities.sheets.facilities import FacilitySheet
from communities.sheets.points import PointSheet

__all__ = ["CommunitySheet", "FacilitySheet", "PointSheet"]
