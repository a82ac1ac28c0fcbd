"""Addresses of the forms of one record, and of merging duplicates, of whichever register."""

from django.urls import path

from changelog.views import bulk, merging, records, undoing, unmasking

app_name = "changelog"
urlpatterns = [
    path("<slug:register>/new/", records.AddRecord.as_view(), name="add"),
    path("changes/<slug:ref>/undo/", undoing.UndoChangesPage.as_view(), name="undo"),
    path("<slug:register>/bulk/", bulk.BulkEditPage.as_view(), name="bulk"),
    path("<slug:register>/duplicates/", merging.DuplicateList.as_view(), name="duplicates"),
    path("<slug:register>/<slug:ref>/edit/", records.ChangeRecordPage.as_view(), name="edit"),
    path("<slug:register>/<slug:ref>/unmask/", unmasking.UnmaskPage.as_view(), name="unmask"),
    path("<slug:register>/<slug:ref>/end/", records.EndRecord.as_view(), name="end"),
    path("<slug:register>/<slug:ref>/resume/", records.ResumeRecord.as_view(), name="resume"),
    path("<slug:register>/<slug:ref>/part/", records.AddPart.as_view(), name="part"),
    path("<slug:register>/<slug:ref>/merge/<slug:other>/", merging.MergePage.as_view(), name="merge"),
    path("<slug:register>/<slug:ref>/distinct/<slug:other>/", merging.DistinctAction.as_view(), name="distinct"),
    path("<slug:register>/<slug:ref>/unmerge/", merging.UndoMergePage.as_view(), name="unmerge"),
]
