"""Addresses of guarantees and practice."""

from django.urls import path

from practice import views

app_name = "practice"
urlpatterns = [
    path("documents/", views.DocumentMatrix.as_view(), name="documents"),
    path("documents/list/", views.DocumentList.as_view(), name="document_list"),
    path("documents/<slug:ref>/", views.DocumentDetail.as_view(), name="document_detail"),
    path("library/", views.Library.as_view(), name="library"),
    path("stories/", views.StoryList.as_view(), name="story_list"),
    path("stories/new/", views.NewStory.as_view(), name="story_new"),
    path("stories/<slug:ref>/", views.StoryDetail.as_view(), name="story_detail"),
    path("stories/<slug:ref>/edit/", views.EditStory.as_view(), name="story_edit"),
    path("stories/<slug:ref>/<slug:move>/", views.StoryMovePage.as_view(), name="story_move"),
]
