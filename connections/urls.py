"""URLs of other systems that connect."""

from django.urls import path

from connections import views

app_name = "connections"
urlpatterns = [
    path("", views.Clients.as_view(), name="clients"),
    path("new/", views.NewClient.as_view(), name="client_new"),
    path("<slug:ref>/", views.Client.as_view(), name="client"),
    path("<slug:ref>/edit/", views.EditClient.as_view(), name="client_edit"),
    path("<slug:ref>/revoke/", views.RevokeClient.as_view(), name="client_revoke"),
    path("<slug:ref>/tokens/new/", views.NewToken.as_view(), name="token_new"),
    path("<slug:ref>/tokens/<slug:token>/revoke/", views.RevokeToken.as_view(), name="token_revoke"),
]
