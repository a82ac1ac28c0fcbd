"""Plans, targets, measures and results in the API."""

from targets.api.measures import CommunityMeasures, CommunityResults
from targets.api.plans import Plans, Targets
from targets.api.results import Results, ResultsOfToday

__all__ = ["CommunityMeasures", "CommunityResults", "Plans", "Results", "ResultsOfToday", "Targets"]
