"""Briefings: issues with their steps and files, and how a division's issues look. Import from here."""

from reports.models.briefings import Briefing, BriefingQuerySet, BriefingStep
from reports.models.files import BriefingFile
from reports.models.settings import BriefingSettings

__all__ = ["Briefing", "BriefingFile", "BriefingQuerySet", "BriefingSettings", "BriefingStep"]
