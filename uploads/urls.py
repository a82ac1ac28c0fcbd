"""Addresses of uploading."""

from django.urls import path

from uploads import batch_views, downloads, views

app_name = "uploads"
urlpatterns = [
    path("", views.BatchList.as_view(), name="list"),
    path("notices/", batch_views.Notices.as_view(), name="notices"),
    path("new/", views.NewUpload.as_view(), name="new"),
    path("template/<slug:register>.xlsx", downloads.Template.as_view(), name="template"),
    path("export/<slug:register>.xlsx", downloads.Export.as_view(), name="export"),
    path("<slug:ref>/problems.xlsx", downloads.AnnotatedWorkbook.as_view(), name="annotated"),
    path("<slug:ref>/original/", downloads.OriginalFile.as_view(), name="original"),
    path("<slug:ref>/", views.BatchPage.as_view(), name="batch"),
    path("<slug:ref>/progress/", views.BatchProgress.as_view(), name="progress"),
    path("<slug:ref>/columns/", batch_views.MapColumns.as_view(), name="columns"),
    path("<slug:ref>/month/", batch_views.ChangeMonth.as_view(), name="month"),
    path("<slug:ref>/locked/", batch_views.AlterLocked.as_view(), name="locked"),
    path("<slug:ref>/correct/", batch_views.CorrectCell.as_view(), name="correct"),
    path("<slug:ref>/undo/", batch_views.UndoBatch.as_view(), name="undo"),
    path("<slug:ref>/seen/", batch_views.MarkSeen.as_view(), name="seen"),
    path("<slug:ref>/commit/", views.CommitBatch.as_view(), name="commit"),
]
