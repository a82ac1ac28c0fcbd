"""Pages of purchased services."""

from services.views.catalogue import CatalogueItemDetail, CatalogueList
from services.views.due import DueList
from services.views.payments import PaymentDetail, PaymentList
from services.views.projects import ProjectDetail, ProjectList
from services.views.reconciliation import ReconciliationPage
from services.views.reviews import ReviewDetail, ReviewList

__all__ = [
    "CatalogueItemDetail",
    "CatalogueList",
    "DueList",
    "PaymentDetail",
    "PaymentList",
    "ProjectDetail",
    "ProjectList",
    "ReconciliationPage",
    "ReviewDetail",
    "ReviewList",
]
