"""Registers of purchased services: catalogue, projects, reviews, payments."""

from services.sheets.catalogue import CatalogueSheet
from services.sheets.payments import PaymentSheet
from services.sheets.projects import ProjectSheet
from services.sheets.reviews import ReviewSheet

__all__ = ["CatalogueSheet", "PaymentSheet", "ProjectSheet", "ReviewSheet"]
