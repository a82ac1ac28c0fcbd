"""Addresses of what leaders read."""

from django.urls import path

from reports.views.dashboard import Dashboard

app_name = "reports"
urlpatterns = [
    path("dashboard/", Dashboard.as_view(), name="dashboard"),
]
