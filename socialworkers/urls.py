"""Addresses of social workers."""

from django.urls import path

from socialworkers import views

app_name = "socialworkers"
urlpatterns = [
    path("", views.WorkerList.as_view(), name="list"),
    path("<slug:ref>/", views.WorkerDetail.as_view(), name="detail"),
]
