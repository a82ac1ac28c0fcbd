"""Addresses of burden relief."""

from django.urls import path

from workload import views

app_name = "workload"
urlpatterns = [
    path("items/", views.ItemList.as_view(), name="list"),
    path("waiting/", views.WaitingList.as_view(), name="waiting"),
    path("apply/", views.ChooseKind.as_view(), name="apply"),
    path("apply/<slug:kind>/", views.NewApplication.as_view(), name="apply_kind"),
    path("items/<slug:ref>/", views.ItemDetail.as_view(), name="item_detail"),
    path("items/<slug:ref>/edit/", views.ChangeApplication.as_view(), name="change"),
    path("items/<slug:ref>/<slug:move>/", views.MoveItem.as_view(), name="move"),
    path("assessments/", views.AssessmentList.as_view(), name="assessments"),
    path("assessments/scheme/", views.SetScheme.as_view(), name="scheme"),
    path("assessments/<slug:ref>/", views.AssessmentDetail.as_view(), name="assessment"),
]
