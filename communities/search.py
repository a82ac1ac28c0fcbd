"""What the search finds of divisions, communities, facilities and monthly reports, by names, former names and codes."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from changzhi_portal.names import community_key, division_key
from changzhi_portal.search import NOTHING, Hit, Keys, SearchSource, Word, among
from communities.models import Community, CommunityPlacement, Division, Facility, MonthlyReport, ServicePoint
from communities.models.community import CommunityQuerySet
from communities.models.division import DivisionQuerySet
from communities.models.facility import FacilityQuerySet
from communities.models.monthly_count import MonthlyReportQuerySet
from communities.models.point import ServicePointQuerySet


def community_matches(word: Word) -> Q:
    """Return the condition that a community has or had this name or code, or has this pinyin.

    Endings such as 居委会 are ignored, so 和平社区 finds 和平社区居委会.
    """
    ended = CommunityPlacement.objects.filter(_named_or_coded(word), valid_to__isnull=False)
    # What has taken the place of a closed community is found by the name and code of that one; of two in a row as well.
    closed = Community.objects.filter(
        _named_or_coded(word) | Q(pk__in=ended.values("community")), successor__isnull=False
    )
    followed = Q(pk__in=closed.values("successor")) | Q(pk__in=closed.values("successor__successor"))
    return _named_or_coded(word) | word.is_read_as("readings") | Q(pk__in=ended.values("community")) | followed


def of_communities(word: Word, lookup: str = "community") -> Q:
    """Return the condition that the community which `lookup` leads to matches a word."""
    return among(_communities(word), lookup)


def _communities(word: Word) -> Keys:
    return word.matched("communities", lambda: Community.objects.filter(community_matches(word)))


def in_divisions(word: Word, *lookups: str) -> Q:
    """Return the condition that one of these relations leads to a division that matches a word, or lies in one."""
    named = _divisions(word)
    if isinstance(named, list) and not named:
        return NOTHING
    inside = Division.objects.filter(among(named, "pk", "parent", "parent__parent"))
    return among(word.matched("divisions with those in them", lambda: inside), *lookups)


def _divisions(word: Word) -> Keys:
    return word.matched("divisions", lambda: Division.objects.filter(division_matches(word)))


def division_matches(word: Word) -> Q:
    """Return the condition that a division has this name, pinyin or code; 长治市城区 is 城区."""
    named = Q(name__contains=word.text) | Q(name_key__contains=division_key(word.text))
    return named | word.is_read_as("readings") | word.has_code("code")


def _named_or_coded(word: Word) -> Q:
    return Q(name__contains=word.text) | Q(name_key__contains=community_key(word.text)) | word.has_code("code")


def place_of(division: Division | None) -> str:
    """Return a town with its county, or a county alone; the division comes with its parent."""
    if division is None:
        return ""
    return division.full_name if division.level == Division.Level.TOWN else division.name


class Divisions(SearchSource):
    """Counties and towns, today's and former ones; each leads to its communities."""

    title = "行政区划"
    position = 10
    requires: ClassVar[str] = "may_see_figures"

    def rows(self) -> DivisionQuerySet:
        """Return the divisions with what lies above them and what has taken their place."""
        return Division.objects.select_related("parent", "successor")

    def itself(self, word: Word) -> Q:
        """Match name, pinyin and code."""
        return among(_divisions(word), "pk")

    def place(self, word: Word) -> Q:
        """Match a town by its county."""
        return among(_divisions(word), "parent")

    def key_of(self, word: Word) -> str:
        """Return the word without the city before it."""
        return division_key(word.text)

    def hit(self, division: Division) -> Hit:
        """Lead to the division's communities; of a former one, say what has taken its place."""
        county = division if division.level == Division.Level.COUNTY else division.parent
        asked = {"county": county.code} if county is not None and division.level != Division.Level.CITY else {}
        if division.level == Division.Level.TOWN:
            asked["town"] = division.code
        above = division.parent
        return Hit(
            division.name,
            f"{reverse('communities:community_list')}?{urlencode(asked)}".rstrip("?"),
            place=above.name if above is not None else "",
            remark=_fate_of(division),
        )


def _fate_of(division: Division) -> str:
    """Return the code, and for a former division until when it was and what it is now."""
    if division.valid_to is None:
        return division.code
    now = f"，现为{division.successor.name}" if division.successor is not None else ""
    return f"{division.code}，{division.valid_to:%Y-%m-%d}前{now}"


class Communities(SearchSource):
    """Communities, also by their former names and codes."""

    title = "社区"
    position = 20
    requires: ClassVar[str] = "may_see_figures"
    list_url_name = "communities:community_list"
    listed: ClassVar[Q] = Q(closed_on__isnull=True)  # the list shows those that are closed by its filter only

    def rows(self) -> CommunityQuerySet:
        """Return the communities with their place and, where it has changed, their last former name."""
        former = CommunityPlacement.objects.filter(community=OuterRef("pk"), valid_to__isnull=False)
        newest = former.exclude(name=OuterRef("name")).order_by("-valid_to")
        return (
            Community.objects.with_place()
            .select_related("successor")
            .annotate(former_name=Subquery(newest.values("name")[:1]))
        )

    def itself(self, word: Word) -> Q:
        """Match names, codes and pinyin."""
        return of_communities(word, "pk")

    def place(self, word: Word) -> Q:
        """Match the town and the county."""
        return in_divisions(word, "town")

    def key_of(self, word: Word) -> str:
        """Return the word without 居委会 and the like."""
        return community_key(word.text)

    def hit(self, community: Community) -> Hit:
        """Show code, former name, and whether the community is closed."""
        former = getattr(community, "former_name", None)
        remarks = [community.code, f"原名{former}" if former else "", _end_of(community)]
        return Hit(
            community.name,
            community.get_absolute_url(),
            place=place_of(community.town),
            remark="，".join(filter(None, remarks)),
        )


def _end_of(community: Community) -> str:
    """Return that a community is closed, since when, and what has taken its place; "" for one that stands."""
    if community.closed_on is None:
        return ""
    into = f"，并入{community.successor}" if community.successor is not None else ""
    return f"{community.closed_on:%Y-%m-%d}撤销{into}"


class ServicePoints(SearchSource):
    """Service points, by their own name or their community's."""

    title = "服务站点"
    position = 37
    requires: ClassVar[str] = "may_see_registers"
    list_url_name = "communities:point_list"

    def rows(self) -> ServicePointQuerySet:
        """Return the points with their place."""
        return ServicePoint.objects.with_place()

    def itself(self, word: Word) -> Q:
        """Match name and pinyin."""
        return Q(name_key__contains=word.key) | word.is_read_as("readings")

    def related(self, word: Word) -> Q:
        """Match the community."""
        return of_communities(word)

    def place(self, word: Word) -> Q:
        """Match the town and the county."""
        return in_divisions(word, "community__town", "division")

    def hit(self, point: ServicePoint) -> Hit:
        """Show the community or the town, the functions, and whether the point is closed."""
        community = point.community
        place = f"{place_of(community.town)}{community.name}" if community else place_of(point.division)
        closed = "，已停用" if point.closed_on else ""
        return Hit(point.name, point.get_absolute_url(), place=place, remark=f"{point.function_labels}{closed}")


class Facilities(SearchSource):
    """Facilities, by their own name or their community's."""

    title = "服务设施"
    position = 30
    requires: ClassVar[str] = "may_see_registers"
    list_url_name = "communities:facility_list"

    def rows(self) -> FacilityQuerySet:
        """Return the facilities with their place."""
        return Facility.objects.with_place()

    def itself(self, word: Word) -> Q:
        """Match name and pinyin."""
        return Q(name_key__contains=word.key) | word.is_read_as("readings")

    def related(self, word: Word) -> Q:
        """Match the community."""
        return of_communities(word)

    def place(self, word: Word) -> Q:
        """Match the town and the county."""
        return in_divisions(word, "community__town")

    def hit(self, facility: Facility) -> Hit:
        """Show the community, the kind, and whether the facility is closed."""
        closed = "，已停用" if facility.closed_on else ""
        community = facility.community
        return Hit(
            facility.name,
            facility.get_absolute_url(),
            place=f"{place_of(community.town)}{community.name}",
            remark=f"{facility.get_kind_display()}{closed}",
        )


class MonthlyReports(SearchSource):
    """Monthly reports, by their community; the newest month first."""

    title = "社区月报"
    position = 35
    requires: ClassVar[str] = "may_see_registers"
    list_url_name = "communities:count_list"
    compared_name = "community__name_key"

    def rows(self) -> MonthlyReportQuerySet:
        """Return the reports with their place."""
        return MonthlyReport.objects.with_place()

    def itself(self, word: Word) -> Q:
        """Match the community."""
        return of_communities(word)

    def place(self, word: Word) -> Q:
        """Match the town and the county."""
        return in_divisions(word, "community__town")

    def key_of(self, word: Word) -> str:
        """Return the word without 居委会 and the like."""
        return community_key(word.text)

    def hit(self, report: MonthlyReport) -> Hit:
        """Show the month and the place."""
        return Hit(str(report), report.get_absolute_url(), place=place_of(report.community.town))
