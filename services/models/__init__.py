"""Purchased services (政府购买服务) [四（二）1; 四（三）4]: catalogue, projects, reviews, payments, calls and proposals."""

from services.models.calls import (
    ANNOUNCED_FOR,
    LONGEST_TITLE,
    Call,
    CallCommunity,
    CallQuerySet,
    CallStep,
    Proposal,
    ProposalQuerySet,
    ProposalStep,
)
from services.models.catalogue import CatalogueItem, ServiceField
from services.models.payments import Payment, PaymentQuerySet
from services.models.projects import ProjectCommunity, ServiceProject, ServiceProjectQuerySet
from services.models.reviews import GRADES, Review, ReviewQuerySet, grade_of

__all__ = [
    "ANNOUNCED_FOR",
    "GRADES",
    "LONGEST_TITLE",
    "Call",
    "CallCommunity",
    "CallQuerySet",
    "CallStep",
    "CatalogueItem",
    "Payment",
    "PaymentQuerySet",
    "ProjectCommunity",
    "Proposal",
    "ProposalQuerySet",
    "ProposalStep",
    "Review",
    "ReviewQuerySet",
    "ServiceField",
    "ServiceProject",
    "ServiceProjectQuerySet",
    "grade_of",
]
