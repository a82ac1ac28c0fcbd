"""Addresses of purchased services."""

from django.urls import path

from services import views

app_name = "services"
urlpatterns = [
    path("", views.ProjectList.as_view(), name="list"),
    path("due/", views.DueList.as_view(), name="due"),
    path("reconciliation/", views.ReconciliationPage.as_view(), name="reconciliation"),
    path("catalogue/", views.CatalogueList.as_view(), name="catalogue"),
    path("catalogue/<slug:ref>/", views.CatalogueItemDetail.as_view(), name="catalogue_item_detail"),
    path("reviews/", views.ReviewList.as_view(), name="reviews"),
    path("reviews/<slug:ref>/", views.ReviewDetail.as_view(), name="review_detail"),
    path("payments/", views.PaymentList.as_view(), name="payments"),
    path("payments/<slug:ref>/", views.PaymentDetail.as_view(), name="payment_detail"),
    path("calls/", views.CallList.as_view(), name="calls"),
    path("calls/new/", views.NewCall.as_view(), name="call_new"),
    path("calls/<slug:ref>/", views.CallDetail.as_view(), name="call_detail"),
    path("calls/<slug:ref>/edit/", views.EditCall.as_view(), name="call_edit"),
    path("calls/<slug:ref>/choose/", views.ChooseProposals.as_view(), name="call_choose"),
    path("calls/<slug:ref>/proposals/new/", views.NewProposal.as_view(), name="proposal_new"),
    path("calls/<slug:ref>/moves/<slug:move>/", views.CallMovePage.as_view(), name="call_move"),
    path("proposals/", views.ProposalList.as_view(), name="proposals"),
    path("proposals/<slug:ref>/", views.ProposalDetail.as_view(), name="proposal_detail"),
    path("proposals/<slug:ref>/edit/", views.EditProposal.as_view(), name="proposal_edit"),
    path("proposals/<slug:ref>/moves/<slug:move>/", views.ProposalMovePage.as_view(), name="proposal_move"),
    path("<slug:ref>/", views.ProjectDetail.as_view(), name="detail"),
]
