"""URLs of signing in, the user's own account and changes of divisions."""

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
