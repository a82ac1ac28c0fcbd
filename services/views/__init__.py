"""Pages of purchased services."""

from services.views.calls import CallDetail, CallList, CallMovePage, EditCall, NewCall
from services.views.catalogue import CatalogueItemDetail, CatalogueList
from services.views.due import DueList
from services.views.payments import PaymentDetail, PaymentList
from services.views.projects import ProjectDetail, ProjectList
from services.views.proposals import (
    ChooseProposals,
    EditProposal,
    NewProposal,
    ProposalDetail,
    ProposalList,
    ProposalMovePage,
)
from services.views.reconciliation import ReconciliationPage
from services.views.reviews import ReviewDetail, ReviewList

__all__ = [
    "CallDetail",
    "CallList",
    "CallMovePage",
    "CatalogueItemDetail",
    "CatalogueList",
    "ChooseProposals",
    "DueList",
    "EditCall",
    "EditProposal",
    "NewCall",
    "NewProposal",
    "PaymentDetail",
    "PaymentList",
    "ProjectDetail",
    "ProjectList",
    "ProposalDetail",
    "ProposalList",
    "ProposalMovePage",
    "ReconciliationPage",
    "ReviewDetail",
    "ReviewList",
]
