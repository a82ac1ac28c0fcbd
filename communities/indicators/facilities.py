"""Figures and indicators counted from communities' facilities (docs/domain.md §5)."""

from __future__ import annotations

from django.db.models import Count, Q, Sum
from django.db.models.functions import Round

from changzhi_portal.indicators import CountedFigure, CountedRegister, Indicator
from communities.models import Facility

_INTEGRATED = Q(kind=Facility.Kind.INTEGRATED)

FACILITIES = CountedRegister(
    code="facilities",
    model=Facility,
    community_figures=(
        CountedFigure(
            "facility_area",
            "综合服务设施面积（㎡）",
            # Rounded to two decimals, because SQLite adds decimals as floats: three areas that make 500.00 meet 500.
            Round(Sum("area", filter=_INTEGRATED), precision=2),
            has_decimals=True,
        ),
        CountedFigure("facilities", "综合服务设施数", Count("pk", filter=_INTEGRATED)),
    ),
)

FACILITY_AREA = Indicator("facility_area", "综合服务设施面积", FACILITIES, {"": "facility_area"}, "㎡")
NUMBER_OF_FACILITIES = Indicator("facilities", "综合服务设施数", FACILITIES, {"": "facilities"}, "处")
