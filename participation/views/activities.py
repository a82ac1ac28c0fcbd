"""活动: the list, and one activity's page."""

from __future__ import annotations

from changzhi_portal.facts import Fact
from changzhi_portal.pages import ListPage
from communities.views import PlacedDetailPage
from orgs.models import SocialOrganization
from participation.filters import ActivityFilterSet
from participation.forms import ActivityFilterForm
from participation.models import Activity
from participation.tables import ActivityTable
from services.models import ServiceProject

TITLE = "活动"


class ActivityList(ListPage):
    """The list of 活动."""

    requires = "may_see_registers"
    help_at = "活动"
    title = TITLE
    queryset = Activity.objects.with_place().select_related("project")
    filterset = ActivityFilterSet
    form = ActivityFilterForm
    export_register = "activities"
    table = ActivityTable
    empty_advice = "还没有登记活动。社区里开展了活动的，在这里登记或者上传，只填人数，不填姓名。"


class ActivityDetail(PlacedDetailPage):
    """One activity."""

    requires = "may_see_registers"
    help_at = "活动"
    queryset = Activity.objects.with_place().select_related("project")
    list_url_name = "participation:activities"
    list_title = TITLE
    facts = (*("held_on", "kind", "participants", "audience", "households", "volunteers", "volunteer_hours", "note"),)
    record: Activity

    def get_facts(self) -> list[Fact]:
        """Add organization and project, with a link where the user may see them: a county's agency works in towns."""
        user, own = self.request.user, super().get_facts()
        organization, project = self.record.organization, self.record.project
        if organization is not None:
            is_seen = SocialOrganization.objects.visible_to(user).filter(pk=organization.pk).exists()
            own.append(Fact("开展组织", organization.name, organization.get_absolute_url() if is_seen else ""))
        if project is not None:
            is_seen = ServiceProject.objects.visible_to(user).filter(pk=project.pk).exists()
            named = f"{project.number} {project.name}"
            own.append(Fact("购买服务项目", named, project.get_absolute_url() if is_seen else ""))
        return own
