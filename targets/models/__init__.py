"""Plans, what was measured, what was judged, what was reported. Import from here."""

from targets.models.measure import Computation, ConsumedChange, CommunityMeasure, DivisionMeasure, TargetResult
from targets.models.plan import Target, TargetPlan
from targets.models.submission import Submission

__all__ = [
    "CommunityMeasure",
    "Computation",
    "ConsumedChange",
    "DivisionMeasure",
    "Submission",
    "Target",
    "TargetPlan",
    "TargetResult",
]
