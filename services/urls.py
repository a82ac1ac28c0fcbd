"""Addresses of purchased-service projects."""

from django.urls import path

from services import views

app_name = "services"
urlpatterns = [
    path("", views.ProjectList.as_view(), name="list"),
    path("<slug:ref>/", views.ProjectDetail.as_view(), name="detail"),
]
