"""Pages of surveys and of their counts."""

from participation.views.counts import CountDetail, CountList
from participation.views.entry import EnterCounts
from participation.views.surveys import EditSurvey, NewSurvey, SurveyDetail, SurveyList, SurveyMovePage

__all__ = [
    "CountDetail",
    "CountList",
    "EditSurvey",
    "EnterCounts",
    "NewSurvey",
    "SurveyDetail",
    "SurveyList",
    "SurveyMovePage",
]
