"""Models of participation: surveys with their counts, and activities. Import from here."""

from participation.models.activities import Activity, ActivityQuerySet
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
    "Survey",
    "SurveyCount",
    "SurveyCountQuerySet",
    "SurveyQuerySet",
    "SurveyStep",
]
