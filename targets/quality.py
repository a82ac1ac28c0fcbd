"""Quality rules that compare the registers with the measures of the month before."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Abs, Coalesce, Round

from changzhi_portal.indicators import figure_named, register_counting
from changzhi_portal.quality import Occasion, Severity, rule
from changzhi_portal.scope import ScopedQuerySet
from communities.models import RecordMove
from communities.quality import COMMUNITIES, scored_communities
from targets.figures import expression_of
from targets.models import CommunityMeasure, Computation
from targets.thresholds import AREA_CHANGE, SMALLEST_AREA_CHANGE


@rule(
    COMMUNITIES,
    Severity.SOFT,
    "设施面积与上月相差过大",
    "综合服务设施面积{area}㎡，上月是{area_before}㎡，增减达到{most_change}%以上，请核对。",
)
def facility_area_jumped(occasion: Occasion) -> ScopedQuerySet:
    """Find communities whose area differs by AREA_CHANGE or more from last month's measure (docs/domain.md §6.5).

    Nothing is found if last month measured another version of the figure, nor for communities that facilities have come
    to or gone from with a change of divisions since last month: the change explains the difference.
    """
    most, smallest = occasion.thresholds[AREA_CHANGE], occasion.thresholds[SMALLEST_AREA_CHANGE]
    area = figure_named("facility_area")
    register = register_counting(area.name)
    amount: DecimalField = DecimalField(max_digits=12, decimal_places=2)
    now = register.by_community(occasion.day).filter(community=OuterRef("pk")).values(area.name)
    measured_alike = Computation.objects.filter(
        period__month=occasion.day_before.replace(day=1), **{f"measured__{area.name}": area.version}
    )
    before = CommunityMeasure.objects.filter(
        community=OuterRef("pk"), period__in=measured_alike.values("period")
    ).values_list(expression_of(CommunityMeasure, area.name))
    moved = RecordMove.objects.of_model(register.model).filter(moved_on__gt=occasion.day_before)
    unmoved = scored_communities(occasion).exclude(
        Q(pk__in=moved.values("from_community")) | Q(pk__in=moved.values("to_community"))
    )
    rows = unmoved.annotate(
        most_change=Value(most),
        area=Coalesce(Subquery(now), Value(Decimal(0)), output_field=amount),
        area_before=Subquery(before, output_field=amount),
        area_change=Round(Abs(F("area") - F("area_before")), precision=2, output_field=amount),
    )
    before_it = F("area_before")
    is_jump = Q(area__gte=before_it * (1 + Decimal(most) / 100)) | Q(area__lte=before_it * (1 - Decimal(most) / 100))
    return rows.filter(is_jump, area_before__gt=0, area_change__gte=smallest)
