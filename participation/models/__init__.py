"""Models of participation: surveys with their counts, consultations, and activities. Import from here."""

from participation.models.activities import Activity, ActivityQuerySet
from participation.models.consultations import Consultation, ConsultationOrganization, ConsultationQuerySet
from participation.models.surveys import (
    LONGEST_QUESTION,
    MOST_QUESTIONS,
    Survey,
    SurveyCount,
    SurveyCountQuerySet,
    SurveyQuerySet,
    SurveyStep,
)

__all__ = [
    "LONGEST_QUESTION",
    "MOST_QUESTIONS",
    "Activity",
    "ActivityQuerySet",
    "Consultation",
    "ConsultationOrganization",
    "ConsultationQuerySet",
    "Survey",
    "SurveyCount",
    "SurveyCountQuerySet",
    "SurveyQuerySet",
    "SurveyStep",
]
