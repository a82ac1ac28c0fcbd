"""Addresses of signing in and of the own account."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("password/", views.OwnPassword.as_view(), name="password"),
    path("division-changes/", views.DivisionChanges.as_view(), name="division_changes"),
    path("account/", views.OwnAccount.as_view(), name="account"),
]
