"""Plans, what was measured, what was judged, what was reported. Import from here."""

from targets.models.computation import Computation, ConsumedChange, unconsumed_changes
from targets.models.measure import CommunityMeasure, DivisionMeasure
from targets.models.plan import Target, TargetPlan
from targets.models.result import TargetResult
from targets.models.since_lock import LockedChange, LockedComparison, LockedResultChange
from targets.models.submission import Reminder, Submission, SubmissionStep, explanation_key

__all__ = [
    "CommunityMeasure",
    "Computation",
    "ConsumedChange",
    "DivisionMeasure",
    "LockedChange",
    "LockedComparison",
    "LockedResultChange",
    "Reminder",
    "Submission",
    "SubmissionStep",
    "Target",
    "TargetPlan",
    "TargetResult",
    "explanation_key",
    "unconsumed_changes",
]
