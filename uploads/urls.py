"""Addresses of uploading."""

from django.urls import path

from uploads import downloads, views

app_name = "uploads"
urlpatterns = [
    path("", views.BatchList.as_view(), name="list"),
    path("new/", views.NewUpload.as_view(), name="new"),
    path("template/<slug:register>.xlsx", downloads.Template.as_view(), name="template"),
    path("export/<slug:register>.xlsx", downloads.Export.as_view(), name="export"),
    path("<slug:ref>/problems.xlsx", downloads.AnnotatedWorkbook.as_view(), name="annotated"),
    path("<slug:ref>/original/", downloads.OriginalFile.as_view(), name="original"),
    path("<slug:ref>/", views.BatchPage.as_view(), name="batch"),
    path("<slug:ref>/progress/", views.BatchProgress.as_view(), name="progress"),
    path("<slug:ref>/commit/", views.CommitBatch.as_view(), name="commit"),
]
