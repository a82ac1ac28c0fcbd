"""URLs of the target plans, of the list of results and of the figures of divisions."""

from django.urls import URLPattern, path

from targets.views.figures import FigureList, FigureOfDivisions
from targets.views.plans import AddTarget, CopyPlan, DropTarget, EditPlan, EditTarget, PlanList, PlanPage
from targets.views.results import ResultList

app_name = "targets"
urlpatterns: list[URLPattern] = [
    path("results/", ResultList.as_view(), name="results"),
    path("figures/", FigureList.as_view(), name="figures"),
    path("figures/compared/", FigureOfDivisions.as_view(), name="figure"),
    path("plans/", PlanList.as_view(), name="plans"),
    path("plans/new/", CopyPlan.as_view(), name="plan_copy"),
    path("plans/<slug:plan>/", PlanPage.as_view(), name="plan"),
    path("plans/<slug:plan>/versions/<int:version>/", PlanPage.as_view(), name="plan_version"),
    path("plans/<slug:plan>/edit/", EditPlan.as_view(), name="plan_edit"),
    path("plans/<slug:plan>/targets/new/", AddTarget.as_view(), name="plan_target_new"),
    path("plans/<slug:plan>/targets/<slug:target>/", EditTarget.as_view(), name="plan_target"),
    path("plans/<slug:plan>/targets/<slug:target>/drop/", DropTarget.as_view(), name="plan_target_drop"),
]
