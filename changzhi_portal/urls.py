"""Root URL configuration. The apps are included by name: `changzhi_portal` imports none of them."""

from django.urls import include, path

from changzhi_portal.api.description import ReferencePage
from changzhi_portal.pages.group import GroupPage
from changzhi_portal.pages.health import HealthPage, healthz, readyz
from changzhi_portal.pages.home import HomePage
from changzhi_portal.pages.manual import ManualPage, ManualPicture
from changzhi_portal.pages.saved_views import DeleteView, EditView, SaveView
from changzhi_portal.pages.search import SearchPage
from changzhi_portal.pages.signed_in import signed_in

handler500 = "changzhi_portal.pages.errors.unexpected_error"
urlpatterns = [
    path("", HomePage.as_view(), name="home"),
    path("menu/<slug:group>/", GroupPage.as_view(), name="menu_group"),
    path("manual/", ManualPage.as_view(), name="manual"),
    path("manual/<slug:digest>/<slug:name>.png", ManualPicture.as_view(), name="manual_picture"),
    path("search/", SearchPage.as_view(), name="search"),
    path("views/new/", SaveView.as_view(), name="view_new"),
    path("views/<slug:ref>/", EditView.as_view(), name="view_edit"),
    path("views/<slug:ref>/delete/", DeleteView.as_view(), name="view_delete"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("signed-in", signed_in, name="signed_in"),
    path("health/", HealthPage.as_view(), name="health"),
    path("api/", ReferencePage.as_view(), name="api_reference"),
    path("api/v1/", include("changzhi_portal.api.routes")),
    path("accounts/", include("accounts.urls")),
    path("notices/", include("notices.urls")),
    path("exports/", include("exports.urls")),
    path("registers/", include("changelog.urls")),
    path("", include("communities.urls")),
    path("organizations/", include("orgs.urls")),
    path("workers/", include("socialworkers.urls")),
    path("projects/", include("services.urls")),
    path("", include("participation.urls")),
    path("workload/", include("workload.urls")),
    path("practice/", include("practice.urls")),
    path("uploads/", include("uploads.urls")),
    path("", include("targets.urls")),
    path("", include("revisions.urls")),
    path("", include("submissions.urls")),
    path("", include("reports.urls")),
    path("connections/", include("connections.urls")),
    path("audit/", include("audit.urls")),
    path("privacy/", include("privacy.urls")),
]
