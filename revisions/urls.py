"""URLs of the differences of locked months (锁定后变动)."""

from django.urls import URLPattern, path

from revisions.views import CompareNow, LockedChanges

app_name = "revisions"
urlpatterns: list[URLPattern] = [
    path("periods/<slug:period>/changes/", LockedChanges.as_view(), name="changes"),
    path("periods/<slug:period>/changes/compare/", CompareNow.as_view(), name="compare"),
]
