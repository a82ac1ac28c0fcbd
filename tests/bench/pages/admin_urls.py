"""The portal's pages, and below /rival/ Django's admin with changelists of the same rows, columns and page size."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.urls import path

from changzhi_portal.urls import urlpatterns as portal
from communities.models import Community, Facility
from orgs.models import SocialOrganization
from services.models import ServiceProject
from socialworkers.models import SocialWorker


class Rival(admin.AdminSite):
    """The admin for every signed-in user: the portal's users have no staff flag."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Let every signed-in user in."""
        return request.user.is_authenticated


class RivalList(admin.ModelAdmin):
    """A changelist as its manual advises: related rows joined, 25 rows a page, everything may be seen."""

    list_per_page = 25
    show_full_result_count = True

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Let every signed-in user see the list."""
        return True

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Let every signed-in user see the list."""
        return True


class Communities(RivalList):
    """社区, with town and county."""

    list_display = ("name", "code", "county", "town", "kind", "closed_on")
    list_filter = ("kind",)
    search_fields = ("name", "code")
    list_select_related = ("town__parent",)

    @admin.display
    def county(self, community: Community) -> str:
        """Return the name of the county."""
        return str(community.town.parent)


class Facilities(RivalList):
    """服务设施, with community, town and county."""

    list_display = ("name", "community", "county", "kind", "area", "opened_on", "closed_on")
    list_filter = ("kind",)
    search_fields = ("name",)
    list_select_related = ("community__town__parent",)

    @admin.display
    def county(self, facility: Facility) -> str:
        """Return the name of the county."""
        return str(facility.community.town.parent)


class Organizations(RivalList):
    """社会组织, with community, town and county."""

    list_display = ("name", "credit_code", "registration", "category", "community", "established_on", "dissolved_on")
    list_filter = ("registration", "category")
    search_fields = ("name", "credit_code")
    list_select_related = ("community__town__parent",)


class Workers(RivalList):
    """社会工作者."""

    list_display = ("name", "gender", "level", "has_social_work_degree")
    list_filter = ("level",)
    search_fields = ("name",)


class Projects(RivalList):
    """购买服务项目."""

    list_display = ("number", "name", "status", "starts_on", "ends_on")
    list_filter = ("status",)
    search_fields = ("number", "name")


rival = Rival(name="rival")
for model, of_model in (
    (Community, Communities),
    (Facility, Facilities),
    (SocialOrganization, Organizations),
    (SocialWorker, Workers),
    (ServiceProject, Projects),
):
    rival.register(model, of_model)
# The changelist needs the log's model to be known, which the app admin provides.
assert LogEntry is not None

urlpatterns = [path("rival/", rival.urls), *portal]
