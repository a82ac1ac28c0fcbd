"""Purchased services (政府购买服务) [四（二）1; 四（三）4]: catalogue, projects, reviews and payments."""

from services.models.catalogue import CatalogueItem, ServiceField
from services.models.payments import Payment, PaymentQuerySet
from services.models.projects import ProjectCommunity, ServiceProject, ServiceProjectQuerySet
from services.models.reviews import GRADES, Review, ReviewQuerySet, grade_of

__all__ = [
    "GRADES",
    "CatalogueItem",
    "Payment",
    "PaymentQuerySet",
    "ProjectCommunity",
    "Review",
    "ReviewQuerySet",
    "ServiceField",
    "ServiceProject",
    "ServiceProjectQuerySet",
    "grade_of",
]
