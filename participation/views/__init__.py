"""Pages of surveys and of their counts."""

from participation.views.activities import ActivityDetail, ActivityList
from participation.views.counts import CountDetail, CountList
from participation.views.entry import EnterCounts
from participation.views.surveys import EditSurvey, NewSurvey, SurveyDetail, SurveyList, SurveyMovePage

__all__ = [
    "ActivityDetail",
    "ActivityList",
    "CountDetail",
    "CountList",
    "EditSurvey",
    "EnterCounts",
    "NewSurvey",
    "SurveyDetail",
    "SurveyList",
    "SurveyMovePage",
]
