"""Planning changes of divisions: the effects of merges, renames, recodes and splits.

`plan_changes` only reads. It returns everything that would be changed, and the problems that prevent it, for a preview;
`communities.actions.apply_plan` writes the changes.
"""

from communities.divisionchanges.plan import ChangePlan, CommunityMove, DivisionMove, NewCommunity
from communities.divisionchanges.planning import pending_changes, plan_changes

__all__ = [
    "ChangePlan",
    "CommunityMove",
    "DivisionMove",
    "NewCommunity",
    "pending_changes",
    "plan_changes",
]
