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
    path("<slug:ref>/webhooks/new/", views.NewWebhook.as_view(), name="webhook_new"),
    path("<slug:ref>/webhooks/<slug:webhook>/", views.WebhookPage.as_view(), name="webhook"),
    path("<slug:ref>/webhooks/<slug:webhook>/edit/", views.EditWebhook.as_view(), name="webhook_edit"),
    path("<slug:ref>/webhooks/<slug:webhook>/pause/", views.PauseWebhook.as_view(), name="webhook_pause"),
    path("<slug:ref>/webhooks/<slug:webhook>/resume/", views.ResumeWebhook.as_view(), name="webhook_resume"),
    path("<slug:ref>/webhooks/<slug:webhook>/remove/", views.RemoveWebhook.as_view(), name="webhook_remove"),
    path("<slug:ref>/webhooks/<slug:webhook>/secret/", views.ChangeSecret.as_view(), name="webhook_secret"),
    path("<slug:ref>/webhooks/<slug:webhook>/test/", views.SendTest.as_view(), name="webhook_test"),
    path(
        "<slug:ref>/webhooks/<slug:webhook>/deliveries/<slug:delivery>/again/",
        views.SendAgain.as_view(),
        name="delivery_again",
    ),
]
