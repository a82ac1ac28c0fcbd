"""Addresses of matters at the counter."""

from django.urls import path

from affairs import views

app_name = "affairs"
urlpatterns = [
    path("items/", views.ItemList.as_view(), name="list"),
    path("items/<slug:ref>/", views.ItemDetail.as_view(), name="item_detail"),
    path("routes/", views.RouteList.as_view(), name="routes"),
    path("routes/<slug:ref>/", views.RouteDetail.as_view(), name="route_detail"),
]
