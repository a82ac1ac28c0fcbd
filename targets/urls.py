"""URLs of the target plans and of the list of results."""

from django.urls import URLPattern, path

from targets.views.plans import AddTarget, CopyPlan, DropTarget, EditPlan, EditTarget, PlanList, PlanPage
from targets.views.results import ResultList

app_name = "targets"
urlpatterns: list[URLPattern] = [
    path("results/", ResultList.as_view(), name="results"),
    path("plans/", PlanList.as_view(), name="plans"),
    path("plans/new/", CopyPlan.as_view(), name="plan_copy"),
    path("plans/<slug:plan>/", PlanPage.as_view(), name="plan"),
    path("plans/<slug:plan>/versions/<int:version>/", PlanPage.as_view(), name="plan_version"),
    path("plans/<slug:plan>/edit/", EditPlan.as_view(), name="plan_edit"),
    path("plans/<slug:plan>/targets/new/", AddTarget.as_view(), name="plan_target_new"),
    path("plans/<slug:plan>/targets/<slug:target>/", EditTarget.as_view(), name="plan_target"),
    path("plans/<slug:plan>/targets/<slug:target>/drop/", DropTarget.as_view(), name="plan_target_drop"),
]
