"""Addresses of social organizations."""

from django.urls import path

from orgs import views

app_name = "orgs"
urlpatterns = [
    path("", views.OrganizationList.as_view(), name="list"),
    path("<slug:ref>/", views.OrganizationDetail.as_view(), name="detail"),
]
