"""Addresses of the target pages: the month, its reports (上报), plans and data quality."""

from django.urls import URLPattern, path

from targets.views.periods import ComputePeriod, LockPeriod, PeriodDates, PeriodList, PeriodPage, ReopenPeriod
from targets.views.plans import AddTarget, CopyPlan, DropTarget, EditPlan, EditTarget, PlanList, PlanPage
from targets.views.quality import DataQuality
from targets.views.since_lock import CompareNow, SinceLock
from targets.views.submissions import RemindCounties, SubmissionList, SubmissionPage

app_name = "targets"
urlpatterns: list[URLPattern] = [
    path("periods/", PeriodList.as_view(), name="periods"),
    path("periods/<slug:period>/", PeriodPage.as_view(), name="period"),
    path("periods/<slug:period>/lock/", LockPeriod.as_view(), name="period_lock"),
    path("periods/<slug:period>/reopen/", ReopenPeriod.as_view(), name="period_reopen"),
    path("periods/<slug:period>/dates/", PeriodDates.as_view(), name="period_dates"),
    path("periods/<slug:period>/compute/", ComputePeriod.as_view(), name="period_compute"),
    path("periods/<slug:period>/changes/", SinceLock.as_view(), name="period_changes"),
    path("periods/<slug:period>/changes/compare/", CompareNow.as_view(), name="period_compare"),
    path("submissions/", SubmissionList.as_view(), name="submissions"),
    path("submissions/remind/", RemindCounties.as_view(), name="submissions_remind"),
    path("submissions/<slug:ref>/", SubmissionPage.as_view(), name="submission"),
    path("plans/", PlanList.as_view(), name="plans"),
    path("plans/new/", CopyPlan.as_view(), name="plan_copy"),
    path("plans/<slug:plan>/", PlanPage.as_view(), name="plan"),
    path("plans/<slug:plan>/versions/<int:version>/", PlanPage.as_view(), name="plan_version"),
    path("plans/<slug:plan>/edit/", EditPlan.as_view(), name="plan_edit"),
    path("plans/<slug:plan>/targets/new/", AddTarget.as_view(), name="plan_target_new"),
    path("plans/<slug:plan>/targets/<slug:target>/", EditTarget.as_view(), name="plan_target"),
    path("plans/<slug:plan>/targets/<slug:target>/drop/", DropTarget.as_view(), name="plan_target_drop"),
    path("quality/", DataQuality.as_view(), name="quality"),
]
