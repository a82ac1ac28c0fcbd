"""The registers of participation: 调查结果, 协商 and 活动. Import from here."""

from participation.sheets.activities import ActivitySheet
from participation.sheets.consultations import ConsultationSheet
from participation.sheets.surveys import SurveyCountSheet

__all__ = ["ActivitySheet", "ConsultationSheet", "SurveyCountSheet"]
