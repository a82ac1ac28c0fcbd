"""URLs of signing in, the own account, managing users and departments, and changes of divisions."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("login/code/", views.SecondStep.as_view(), name="login_code"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("password/", views.OwnPassword.as_view(), name="password"),
    path("division-changes/", views.DivisionChanges.as_view(), name="division_changes"),
    path("division-changes/new/", views.NoteChange.as_view(), name="division_changes_new"),
    path("division-changes/withdraw/", views.WithdrawChanges.as_view(), name="division_changes_withdraw"),
    path("division-changes/records/", views.AllotRecords.as_view(), name="division_changes_records"),
    path("division-changes/undo/", views.UndoChanges.as_view(), name="division_changes_undo"),
    path("account/", views.OwnAccount.as_view(), name="account"),
    path("account/contact/", views.OwnContact.as_view(), name="own_contact"),
    path("account/second-factor/", views.SetUpSecondFactor.as_view(), name="second_factor"),
    path("account/second-factor/codes/", views.RenewRecoveryCodes.as_view(), name="recovery_codes"),
    path("account/second-factor/remove/", views.RemoveOwnSecondFactor.as_view(), name="second_factor_remove"),
    path("account/sessions/end/", views.EndOwnSession.as_view(), name="own_session_end"),
    path("account/sessions/end-others/", views.EndOtherSessions.as_view(), name="own_sessions_end_others"),
    path("departments/", views.DepartmentList.as_view(), name="departments"),
    path("departments/new/", views.NewDepartment.as_view(), name="department_new"),
    path("departments/<slug:ref>/", views.DepartmentDetail.as_view(), name="department_detail"),
    path("departments/<slug:ref>/edit/", views.EditDepartment.as_view(), name="department_edit"),
    path("departments/<slug:ref>/close/", views.CloseDepartment.as_view(), name="department_close"),
    path("departments/<slug:ref>/reopen/", views.ReopenDepartment.as_view(), name="department_reopen"),
    path("users/", views.UserList.as_view(), name="users"),
    path("users/new/", views.NewUser.as_view(), name="user_new"),
    path("users/settings/", views.ChangeSettings.as_view(), name="user_settings"),
    path("users/<slug:ref>/", views.UserDetail.as_view(), name="user_detail"),
    path("users/<slug:ref>/edit/", views.EditUser.as_view(), name="user_edit"),
    path("users/<slug:ref>/password/", views.ResetPassword.as_view(), name="user_password"),
    path("users/<slug:ref>/sessions/", views.EndSessions.as_view(), name="user_sessions"),
    path("users/<slug:ref>/sessions/end/", views.EndUserSession.as_view(), name="user_session_end"),
    path("users/<slug:ref>/second-factor/", views.RemoveSecondFactor.as_view(), name="user_second_factor"),
    path("users/<slug:ref>/unlock/", views.Unlock.as_view(), name="user_unlock"),
    path("users/<slug:ref>/deactivate/", views.Deactivate.as_view(), name="user_deactivate"),
    path("users/<slug:ref>/reactivate/", views.Reactivate.as_view(), name="user_reactivate"),
]
