"""Addresses of social workers."""

from django.urls import path

from socialworkers import views

app_name = "socialworkers"
urlpatterns = [
    path("", views.WorkerList.as_view(), name="list"),
    path("trainings/", views.TrainingList.as_view(), name="training_list"),
    path("trainings/<slug:ref>/", views.TrainingDetail.as_view(), name="training_detail"),
    path("training-records/", views.TrainingRecordList.as_view(), name="record_list"),
    path("training-records/<slug:ref>/", views.TrainingRecordDetail.as_view(), name="record_detail"),
    path("posts/", views.PostList.as_view(), name="post_list"),
    path("<slug:ref>/", views.WorkerDetail.as_view(), name="detail"),
]
