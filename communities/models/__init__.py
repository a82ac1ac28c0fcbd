"""Models of places and of the records that belong to communities. Import from here."""

from communities.models.community import Community, CommunityPlacement, CommunityProfile
from communities.models.contact import Contact
from communities.models.crosswalk import CrosswalkRow
from communities.models.division import Division, DivisionChange
from communities.models.entry import CommunityEntry
from communities.models.facility import Facility
from communities.models.governance import GovernanceBody
from communities.models.point import ServicePoint
from communities.models.record_move import RecordMove, community_on, here_or_left

__all__ = [
    "Community",
    "CommunityEntry",
    "CommunityPlacement",
    "CommunityProfile",
    "Contact",
    "CrosswalkRow",
    "Division",
    "DivisionChange",
    "Facility",
    "GovernanceBody",
    "RecordMove",
    "ServicePoint",
    "community_on",
    "here_or_left",
]
