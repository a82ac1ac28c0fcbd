"""Addresses of the pages about personal data."""

from django.urls import path

from privacy.views import SubjectPage

app_name = "privacy"
urlpatterns = [
    path("person/", SubjectPage.as_view(), name="subject"),
]
