"""URLs of the notices."""

from django.urls import path

from notices import views

app_name = "notices"
urlpatterns = [
    path("", views.NoticeList.as_view(), name="list"),
    path("count/", views.UnseenCount.as_view(), name="count"),
    path("seen/", views.MarkSeen.as_view(), name="seen"),
]
