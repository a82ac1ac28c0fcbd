"""Addresses below /exports/."""

from django.urls import path

from exports.views import ExportFile, ExportPage, ExportProgress, NewExport

app_name = "exports"
urlpatterns = [
    path("new/", NewExport.as_view(), name="new"),
    path("<slug:ref>/", ExportPage.as_view(), name="export"),
    path("<slug:ref>/progress/", ExportProgress.as_view(), name="progress"),
    path("<slug:ref>/file/", ExportFile.as_view(), name="file"),
]
