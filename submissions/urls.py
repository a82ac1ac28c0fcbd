"""URLs of the calendar of months, the reports (上报) and data quality."""

from django.urls import URLPattern, path

from submissions.views.changes import SubmissionChanges
from submissions.views.findings import FindingPage
from submissions.views.periods import ComputePeriod, LockPeriod, PeriodDates, PeriodList, PeriodPage, ReopenPeriod
from submissions.views.quality import DataQuality
from submissions.views.reminders import RemindCounties, RemindCounty
from submissions.views.submissions import SubmissionList, SubmissionPage
from submissions.views.thresholds import ChangeThresholds, ThresholdsPage

app_name = "submissions"
urlpatterns: list[URLPattern] = [
    path("periods/", PeriodList.as_view(), name="periods"),
    path("periods/<slug:period>/", PeriodPage.as_view(), name="period"),
    path("periods/<slug:period>/lock/", LockPeriod.as_view(), name="period_lock"),
    path("periods/<slug:period>/reopen/", ReopenPeriod.as_view(), name="period_reopen"),
    path("periods/<slug:period>/dates/", PeriodDates.as_view(), name="period_dates"),
    path("periods/<slug:period>/compute/", ComputePeriod.as_view(), name="period_compute"),
    path("submissions/", SubmissionList.as_view(), name="submissions"),
    path("submissions/remind/", RemindCounty.as_view(), name="submissions_remind"),
    path("submissions/remind/<slug:period>/", RemindCounties.as_view(), name="submissions_remind_all"),
    path("submissions/<slug:ref>/", SubmissionPage.as_view(), name="submission"),
    path("submissions/<slug:ref>/changes/", SubmissionChanges.as_view(), name="submission_changes"),
    path(
        "submissions/<slug:ref>/findings/<slug:rule>/<slug:record>/", FindingPage.as_view(), name="submission_finding"
    ),
    path("quality/", DataQuality.as_view(), name="quality"),
    path("quality/thresholds/", ThresholdsPage.as_view(), name="thresholds"),
    path("quality/thresholds/change/", ChangeThresholds.as_view(), name="thresholds_change"),
]
