"""Figures and indicators of communities counted from their facilities, and figures of divisions (docs/domain.md §5)."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, Func, IntegerField, Q, Sum, When
from django.db.models.functions import Round

from changzhi_portal.figures import Figure, FigureKind, Shown
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


# --- Figures of divisions (docs/domain.md §5.12) ---


class NumberOfValues(Func):
    """The number of values in a JSON column that is a list."""

    function = "JSON_ARRAY_LENGTH"
    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL for PostgreSQL."""
        return self.as_sql(compiler, connection, function="JSONB_ARRAY_LENGTH", **context)


def _with_functions(number: int) -> Count:
    return Count(Case(When(number_of_functions__gte=number, then="pk")))


MULTI_USE = Figure(
    code="multi_use",
    name="一室多用的设施占比",
    unit="%",
    clause="四（一）2",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=lambda first, last: (
        Facility.objects.in_effect_on(last)
        .annotate(number_of_functions=NumberOfValues("functions"))
        .values("community_id")
        .annotate(numerator=_with_functions(2), denominator=_with_functions(1))
    ),
    reported=lambda last: Facility.objects.filter(opened_on__lte=last).values("community_id"),
    scored_only=True,
)
