"""Changes of divisions: what merges, renames, recodes and splits amount to, before and while they are carried out.

`plan_changes` only reads, and says everything that would happen and what stands against it; the page shows that, and
`communities.actions.carry_out` writes it.
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
