"""What stands out only beside the month before: figures of the registers against those that were measured then."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Abs, Coalesce, Round

from changzhi_portal.quality import Occasion, Severity, rule
from changzhi_portal.scope import ScopedQuerySet
from communities.quality import COMMUNITIES, scored_communities
from targets.indicators import FACILITIES
from targets.models import CommunityMeasure

# m²: less is a room more or less, whatever its share of a small facility.
SMALLEST_AREA_MOVED = Decimal(50)


@rule(
    COMMUNITIES,
    Severity.SOFT,
    "设施面积与上月相差过大",
    "综合服务设施面积{area}㎡，上月是{area_before}㎡，增减达到一半以上，请核对。",
)
def facility_area_jumped(occasion: Occasion) -> ScopedQuerySet:
    """±50 % against last month's measure (docs/domain.md §6); the registers themselves keep no area of last month."""
    amount: DecimalField = DecimalField(max_digits=12, decimal_places=2)
    now = FACILITIES.by_community(occasion.day).filter(community=OuterRef("pk")).values("facility_area")
    before = CommunityMeasure.objects.filter(
        community=OuterRef("pk"), period__month=occasion.day_before.replace(day=1)
    ).values("facility_area")
    rows = scored_communities(occasion).annotate(
        area=Coalesce(Subquery(now), Value(Decimal(0)), output_field=amount),
        area_before=Subquery(before, output_field=amount),
        area_moved=Round(Abs(F("area") - F("area_before")), precision=2, output_field=amount),
    )
    is_jump = Q(area__gte=F("area_before") * Decimal("1.5")) | Q(area__lte=F("area_before") * Decimal("0.5"))
    return rows.filter(is_jump, area_before__gt=0, area_moved__gte=SMALLEST_AREA_MOVED)
