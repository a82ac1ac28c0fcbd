"""The registers of participation: 调查结果 and 活动. Import from here."""

from participation.sheets.activities import ActivitySheet
from participation.sheets.surveys import SurveyCountSheet

__all__ = ["ActivitySheet", "SurveyCountSheet"]
