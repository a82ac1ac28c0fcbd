"""What is probably wrong in communities, their population and their facilities."""

from __future__ import annotations

from django.db.models import F

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.records import not_ended
from changzhi_portal.scope import ScopedQuerySet
from communities.models import Community, CommunityProfile, Facility
from communities.sheets.facilities import LARGEST_PLAUSIBLE_AREA

COMMUNITIES = Subject(Community, "communities:community_detail", community="")
FACILITIES = Subject(Facility, "communities:facility_detail")


def _scored(occasion: Occasion) -> ScopedQuerySet:
    """The communities that targets speak of: real ones of a known kind that stand."""
    return Community.objects.filter(not_ended(occasion.day, "closed_on"), is_virtual=False).exclude(kind="")


@rule(COMMUNITIES, Severity.SOFT, "缺少常住人口", "没有填报常住人口，与人口有关的目标不能判定，请补报。")
def population_missing(occasion: Occasion) -> ScopedQuerySet:
    """A scored community without a known population: `unknown` to every target that depends on it (domain.md §5)."""
    known = CommunityProfile.objects.filter(as_of__lte=occasion.day, residents__isnull=False)
    return _scored(occasion).exclude(pk__in=known.values("community"))


@rule(FACILITIES, Severity.HARD, "活动面积大于建筑面积", "居民活动面积{activity_area}㎡大于建筑面积{area}㎡，请改正。")
def activity_area_exceeds_area(occasion: Occasion) -> ScopedQuerySet:
    """The part cannot be larger than the whole."""
    return Facility.objects.filter(not_ended(occasion.day, "closed_on"), activity_area__gt=F("area"))


@rule(FACILITIES, Severity.SOFT, "设施面积过大", "建筑面积{area}㎡，超过一般社区设施的规模，请核对单位和小数点。")
def facility_too_large(occasion: Occasion) -> ScopedQuerySet:
    """Larger than any facility of a community is: usually a missing decimal point, or an area of the grounds."""
    return Facility.objects.in_effect_on(occasion.day).filter(area__gt=LARGEST_PLAUSIBLE_AREA)
