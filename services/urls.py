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
    path("<slug:ref>/", views.ProjectDetail.as_view(), name="detail"),
]
