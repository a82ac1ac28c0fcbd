"""Addresses of social organizations, their filings and what supports them."""

from django.urls import path

from orgs import views

app_name = "orgs"
urlpatterns = [
    path("", views.OrganizationList.as_view(), name="list"),
    path("filings/", views.FilingList.as_view(), name="filings"),
    path("filings/new/", views.NewFiling.as_view(), name="filing_new"),
    path("filings/<slug:ref>/", views.FilingDetail.as_view(), name="filing_detail"),
    path("filings/<slug:ref>/change/", views.ChangeFiling.as_view(), name="filing_change"),
    path("filings/<slug:ref>/moves/<slug:move>/", views.MoveFiling.as_view(), name="filing_move"),
    path("supports/", views.SupportList.as_view(), name="supports"),
    path("supports/<slug:ref>/", views.SupportDetail.as_view(), name="support_detail"),
    path("<slug:ref>/filings/<slug:kind>/", views.NewFilingOf.as_view(), name="filing_of"),
    path("<slug:ref>/", views.OrganizationDetail.as_view(), name="detail"),
]
