"""Addresses of the forms of one record, of whichever register."""

from django.urls import path

from changelog import views

app_name = "changelog"
urlpatterns = [
    path("<slug:register>/new/", views.AddRecord.as_view(), name="add"),
    path("<slug:register>/<slug:ref>/edit/", views.ChangeRecordPage.as_view(), name="edit"),
    path("<slug:register>/<slug:ref>/end/", views.EndRecord.as_view(), name="end"),
    path("<slug:register>/<slug:ref>/resume/", views.ResumeRecord.as_view(), name="resume"),
    path("<slug:register>/<slug:ref>/part/", views.AddPart.as_view(), name="part"),
]
