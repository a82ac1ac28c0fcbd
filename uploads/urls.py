"""URLs of uploading."""

from django.urls import path

from uploads.views import batch, corrections, crosswalk, downloads, prefilled, steps, together

app_name = "uploads"
urlpatterns = [
    path("", batch.BatchList.as_view(), name="list"),
    path("new/", batch.NewUpload.as_view(), name="new"),
    path("division-changes/", crosswalk.UploadCrosswalk.as_view(), name="division_changes"),
    path("prefilled/", prefilled.PrefilledTemplates.as_view(), name="prefilled"),
    path("template/<slug:register>.xlsx", downloads.Template.as_view(), name="template"),
    path("export/<slug:register>.xlsx", downloads.Export.as_view(), name="export"),
    path("export/<slug:register>/in-clear/", downloads.ExportInClear.as_view(), name="export_in_clear"),
    path("<slug:ref>/problems.xlsx", downloads.AnnotatedWorkbook.as_view(), name="annotated"),
    path("<slug:ref>/original/", downloads.OriginalFile.as_view(), name="original"),
    path("<slug:ref>/", batch.BatchPage.as_view(), name="batch"),
    path("<slug:ref>/progress/", batch.BatchProgress.as_view(), name="progress"),
    path("<slug:ref>/together/", together.BatchesOfUpload.as_view(), name="together"),
    path("<slug:ref>/register/", steps.ChooseRegister.as_view(), name="register"),
    path("<slug:ref>/columns/", steps.MapColumns.as_view(), name="columns"),
    path("<slug:ref>/month/", steps.ChangeMonth.as_view(), name="month"),
    path("<slug:ref>/locked/", steps.AlterLocked.as_view(), name="locked"),
    path("<slug:ref>/drop-rest/", steps.DropRest.as_view(), name="drop-rest"),
    path("<slug:ref>/discard/", steps.DiscardBatch.as_view(), name="discard"),
    path("<slug:ref>/correct/", corrections.CorrectRow.as_view(), name="correct"),
    path("<slug:ref>/leave-out/", corrections.LeaveOutRow.as_view(), name="leave-out"),
    path("<slug:ref>/take-back/", corrections.TakeRowBack.as_view(), name="take-back"),
    path("<slug:ref>/undo/", steps.UndoBatch.as_view(), name="undo"),
    path("<slug:ref>/recheck/", batch.RecheckBatch.as_view(), name="recheck"),
    path("<slug:ref>/commit/", batch.CommitBatch.as_view(), name="commit"),
]
