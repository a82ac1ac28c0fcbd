"""Briefings: issues with their steps, files and deliveries, how a division's issues look and when they appear. Import from here."""

from reports.models.briefings import Briefing, BriefingQuerySet, BriefingStep
from reports.models.deliveries import BriefingDelivery, BriefingRecipient
from reports.models.files import BriefingFile
from reports.models.publishing import PublicationDay
from reports.models.settings import BriefingSettings

__all__ = [
    "Briefing",
    "BriefingDelivery",
    "BriefingFile",
    "BriefingQuerySet",
    "BriefingRecipient",
    "BriefingSettings",
    "BriefingStep",
    "PublicationDay",
]
