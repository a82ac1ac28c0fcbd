"""Pages of surveys and their counts, of consultations and activities."""

from participation.views.activities import ActivityDetail, ActivityList
from participation.views.consultations import ConsultationDetail, ConsultationList
from participation.views.counts import CountDetail, CountList
from participation.views.entry import EnterCounts
from participation.views.surveys import EditSurvey, NewSurvey, SurveyDetail, SurveyList, SurveyMovePage

__all__ = [
    "ActivityDetail",
    "ActivityList",
    "ConsultationDetail",
    "ConsultationList",
    "CountDetail",
    "CountList",
    "EditSurvey",
    "EnterCounts",
    "NewSurvey",
    "SurveyDetail",
    "SurveyList",
    "SurveyMovePage",
]
