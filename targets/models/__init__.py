"""Plans, monthly measures and results. Import from here."""

from targets.models.computation import Computation, ConsumedChange, unconsumed_changes
from targets.models.figure import FigureResult
from targets.models.measure import CommunityMeasure, DivisionMeasure
from targets.models.plan import Target, TargetPlan
from targets.models.result import TargetResult

__all__ = [
    "CommunityMeasure",
    "Computation",
    "ConsumedChange",
    "DivisionMeasure",
    "FigureResult",
    "Target",
    "TargetPlan",
    "TargetResult",
    "unconsumed_changes",
]
