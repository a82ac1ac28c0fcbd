"""URLs of signing in, the user's own account and changes of divisions."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("password/", views.OwnPassword.as_view(), name="password"),
    path("division-changes/", views.DivisionChanges.as_view(), name="division_changes"),
    path("division-changes/new/", views.NoteChange.as_view(), name="division_changes_new"),
    path("division-changes/withdraw/", views.WithdrawChanges.as_view(), name="division_changes_withdraw"),
    path("division-changes/records/", views.AllotRecords.as_view(), name="division_changes_records"),
    path("division-changes/undo/", views.UndoChanges.as_view(), name="division_changes_undo"),
    path("account/", views.OwnAccount.as_view(), name="account"),
]
