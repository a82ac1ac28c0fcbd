"""Addresses of uploading."""

from django.urls import path

from uploads import views

app_name = "uploads"
urlpatterns = [
    path("", views.BatchList.as_view(), name="list"),
    path("new/", views.NewUpload.as_view(), name="new"),
    path("<slug:ref>/", views.BatchPage.as_view(), name="batch"),
    path("<slug:ref>/progress/", views.BatchProgress.as_view(), name="progress"),
    path("<slug:ref>/commit/", views.CommitBatch.as_view(), name="commit"),
]
