"""URLs of the auditor's pages."""

from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("trail/", views.TrailList.as_view(), name="trail"),
    path("trail/<slug:ref>/", views.TrailRecordPage.as_view(), name="trail_record"),
    path("about/<str:model>/<slug:ref>/", views.AboutRecord.as_view(), name="about"),
    path("downloads/", views.DownloadList.as_view(), name="downloads"),
    path("downloads/found/", views.FoundFile.as_view(), name="found_file"),
    path("rights/", views.RightsPage.as_view(), name="rights"),
    path("division-changes/", views.DivisionChangeList.as_view(), name="divisions"),
]
