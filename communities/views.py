"""Pages of communities, facilities and monthly reports, and the base class of the pages of records with a place."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse

from changzhi_portal.display import DASH, display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from communities.filters import CommunityFilterSet, FacilityFilterSet, MonthlyReportFilterSet
from communities.forms import CommunityFilterForm, FacilityFilterForm, MonthlyReportFilterForm
from communities.models import Community, CommunityPlacement, Facility, MonthlyCount, MonthlyReport
from communities.tables import CommunityTable, FacilityTable, MonthlyReportTable, county_of, town_of


def crumbs_of_place(record: Any, list_url_name: str) -> list[Crumb]:
    """Return county and town of a record, which lead to their records in the list, and its community."""
    county, town, community = county_of(record), town_of(record), getattr(record, "community", None)
    asked: dict[str, str] = {}
    crumbs = []
    for name, division in (("county", county), ("town", town)):
        if division is not None:
            asked[name] = division.code
            crumbs.append(Crumb(division.name, f"{reverse(list_url_name)}?{urlencode(asked)}"))
    if community is not None:
        crumbs.append(Crumb(community.name, community.get_absolute_url()))
    return crumbs


class PlacedDetailPage(DetailPage):
    """A page of a record that belongs to a community, town or county; its place is shown first."""

    def get_places(self) -> list[Crumb]:
        """Return county, town and community."""
        return crumbs_of_place(self.record, self.list_url_name) if hasattr(self, "record") else []

    def get_facts(self) -> list[Fact]:
        """Return county, town and community (with a link) before the record's own facts."""
        where = [
            Fact("县（市、区）", display_value(county_of(self.record))),
            Fact("街道（乡镇）", display_value(town_of(self.record))),
        ]
        community = getattr(self.record, "community", None)
        if community is not None:
            where.append(Fact("社区", community.name, community.get_absolute_url()))
        return where + super().get_facts()


class CommunityList(ListPage):
    """The list of 社区; leaders may see it, because it has no personal data."""

    requires = "may_see_figures"
    template_name = "communities/community_list.html"
    title = "社区"
    queryset = Community.objects.with_place().with_newest_profile().with_bodies_verdict()
    filterset = CommunityFilterSet
    form = CommunityFilterForm
    export_register = "communities"
    table = CommunityTable
    empty_advice = "还没有社区。请系统管理员先载入行政区划。"


class CommunityDetail(DetailPage):
    """One community with its placements, profiles and governance bodies; other apps add panels."""

    help_at = "社区页面"
    requires = "may_see_figures"
    template_name = "communities/community.html"
    queryset = (
        Community.objects.with_place()
        .with_bodies_verdict()
        .prefetch_related(
            "profiles",
            "bodies",
            Prefetch("placements", CommunityPlacement.objects.select_related("town__parent").order_by("-valid_from")),
        )
    )
    list_url_name = "communities:community_list"
    list_title = "社区"
    facts = ("code", "kind", "closed_on", "note")

    def get_places(self) -> list[Crumb]:
        """Return county and town."""
        if not hasattr(self, "record"):
            return []
        county, town = self.record.town.parent, self.record.town
        listed = reverse(self.list_url_name)
        in_town = urlencode({"county": county.code, "town": town.code})
        return [
            Crumb(county.name, f"{listed}?{urlencode({'county': county.code})}"),
            Crumb(town.name, f"{listed}?{in_town}"),
        ]

    def get_actions(self) -> list[Crumb]:
        """Add the way to all that is entered of it every month."""
        actions = super().get_actions()
        if actions and not self.record.is_virtual and self.record.closed_on is None:
            actions.append(Crumb("本月填报", reverse("communities:monthly_entry", args=[self.record.ref])))
        return actions

    def get_facts(self) -> list[Fact]:
        """Return county and town before the community's own facts, without blank ones except the kind."""
        town = self.record.town
        own = [fact for fact in super().get_facts() if fact.value != DASH or fact.label == "类型"]
        return [Fact("县（市、区）", str(town.parent)), Fact("街道（乡镇）", town.name), *own, *self._succession()]

    def _succession(self) -> list[Fact]:
        """Return what has taken the place of a closed community, and whose place this one has taken, as far as visible."""
        visible = Community.objects.visible_to(self.request.user)
        into = visible.filter(pk=self.record.successor_id).first()
        facts = [Fact("去向", f"由{into.name}承接", into.get_absolute_url())] if into is not None else []
        taken = visible.filter(successor=self.record).order_by("closed_on", "code")
        return facts + [
            Fact("承接的社区", f"{each.name}（{each.closed_on:%Y-%m-%d}撤销）", each.get_absolute_url())
            for each in taken
        ]


class FacilityList(ListPage):
    """The list of 服务设施."""

    requires = "may_see_registers"
    title = "服务设施"
    queryset = Facility.objects.with_place()
    filterset = FacilityFilterSet
    form = FacilityFilterForm
    export_register = "facilities"
    table = FacilityTable


class FacilityDetail(PlacedDetailPage):
    """One facility."""

    requires = "may_see_registers"
    queryset = Facility.with_merged.with_place()
    list_url_name = "communities:facility_list"
    list_title = "服务设施"
    facts = ("kind", "area", "activity_area", "construction_mode", "tenure", "opened_on", "closed_on", "note")

    def get_facts(self) -> list[Fact]:
        """Return the facts with the labels of the functions added."""
        return [*super().get_facts(), Fact("功能", display_value(self.record.function_labels))]


class MonthlyReportList(ListPage):
    """The list of 社区月报."""

    help_at = "社区月报"
    requires = "may_see_registers"
    title = "社区月报"
    queryset = MonthlyReport.objects.with_place().with_counts()
    filterset = MonthlyReportFilterSet
    form = MonthlyReportFilterForm
    export_register = "monthly"
    table = MonthlyReportTable
    empty_advice = "还没有月报。可以在“逐社区填报”中一个社区一个社区地填，也可以上传表格。"


class MonthlyReportDetail(PlacedDetailPage):
    """One community's counts of one month."""

    help_at = "社区月报"
    requires = "may_see_registers"
    queryset = MonthlyReport.objects.with_place().with_counts()
    list_url_name = "communities:count_list"
    list_title = "社区月报"
    facts = ("note",)

    def get_facts(self) -> list[Fact]:
        """Return place, month, each count, and the note."""
        *places, note = super().get_facts()
        counts = [Fact(str(kind.label), display_value(getattr(self.record, kind.value))) for kind in MonthlyCount.Kind]
        return [*places, Fact("月份", self.record.month_in_words), *counts, note]
