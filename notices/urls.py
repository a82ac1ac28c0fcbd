"""URLs of the notices and announcements."""

from django.urls import path

from notices import views
from notices.announcements.views import (
    Announcements,
    DeleteAnnouncement,
    EditAnnouncement,
    NewAnnouncement,
    PutAway,
)

app_name = "notices"
urlpatterns = [
    path("", views.NoticeList.as_view(), name="list"),
    path("count/", views.UnseenCount.as_view(), name="count"),
    path("seen/", views.MarkSeen.as_view(), name="seen"),
    path("announcements/", Announcements.as_view(), name="announcements"),
    path("announcements/new/", NewAnnouncement.as_view(), name="announcement_new"),
    path("announcements/put-away/", PutAway.as_view(), name="put_away"),
    path("announcements/<slug:ref>/", EditAnnouncement.as_view(), name="announcement_edit"),
    path("announcements/<slug:ref>/delete/", DeleteAnnouncement.as_view(), name="announcement_delete"),
]
