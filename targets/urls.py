"""Addresses of the target pages: the month, its reports (上报), plans and data quality."""

from django.urls import URLPattern, path

from targets.views.quality import DataQuality
from targets.views.submissions import RemindCounties, SubmissionList, SubmissionPage

app_name = "targets"
urlpatterns: list[URLPattern] = [
    path("submissions/", SubmissionList.as_view(), name="submissions"),
    path("submissions/remind/", RemindCounties.as_view(), name="submissions_remind"),
    path("submissions/<slug:ref>/", SubmissionPage.as_view(), name="submission"),
    path("quality/", DataQuality.as_view(), name="quality"),
]
