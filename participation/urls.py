"""Addresses of surveys, of their counts, and of activities."""

from django.urls import path

from participation import views

app_name = "participation"
urlpatterns = [
    path("surveys/", views.SurveyList.as_view(), name="surveys"),
    path("surveys/new/", views.NewSurvey.as_view(), name="survey_new"),
    path("surveys/<slug:ref>/", views.SurveyDetail.as_view(), name="survey"),
    path("surveys/<slug:ref>/edit/", views.EditSurvey.as_view(), name="survey_edit"),
    path("surveys/<slug:ref>/moves/<slug:move>/", views.SurveyMovePage.as_view(), name="survey_move"),
    path("surveys/<slug:ref>/communities/<slug:community>/", views.EnterCounts.as_view(), name="survey_entry"),
    path("survey-counts/", views.CountList.as_view(), name="count_list"),
    path("survey-counts/<slug:ref>/", views.CountDetail.as_view(), name="count"),
    path("activities/", views.ActivityList.as_view(), name="activities"),
    path("activities/<slug:ref>/", views.ActivityDetail.as_view(), name="activity_detail"),
]
