"""Plans, targets, measures, results and figures of divisions in the API."""

from targets.api.figures import Figures
from targets.api.measures import CommunityMeasures, CommunityResults
from targets.api.plans import Plans, Targets
from targets.api.results import Results, ResultsOfToday

__all__ = ["CommunityMeasures", "CommunityResults", "Figures", "Plans", "Results", "ResultsOfToday", "Targets"]
