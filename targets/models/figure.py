"""Monthly figures of divisions: what the paper's other systems say of a city, county or town (docs/domain.md §5.12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import Q

from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models import Division
from periods.models import ReportingPeriod, month_after
from targets.figure_values import value_of
from targets.figures import OF_DIVISIONS, SUM_DECIMALS, SUM_DIGITS
from targets.judgement import PrintedFigures, figure_judged
from targets.models.computation import Computation

if TYPE_CHECKING:
    from targets.models.plan import Target


class FigureResultQuerySet(ScopedQuerySet):
    """Queries of figures."""

    def of_period(self, period: ReportingPeriod) -> Self:
        """Filter for the figures of one month."""
        return self.filter(period=period)

    def of_division(self, division: Division) -> Self:
        """Filter for the figures of one division."""
        return self.filter(division=division)

    def of_figure(self, code: str) -> Self:
        """Filter for one figure, all its parts included."""
        return self.filter(code=code)

    def of_judged(self, target: Target) -> Self:
        """Filter for the figure that a target judges, all parts together."""
        return self.of_figure(figure_judged(target).code).of_all_parts()

    def of_all_parts(self) -> Self:
        """Filter for the rows that stand for all parts of their figure together."""
        return self.filter(part="")

    def one_level_below(self, division: Division) -> Self:
        """Filter for the counties of a city or the towns of a county, by code; nothing below a town."""
        below = {
            Division.Level.CITY: Q(division__level=Division.Level.COUNTY),
            Division.Level.COUNTY: Q(division__level=Division.Level.TOWN, division__parent=division),
        }.get(Division.Level(division.level))
        rows = self.none() if below is None else self.filter(below)
        return rows.select_related("division__parent").order_by("division__code", "code", "part")

    def of_month_before(self, period: ReportingPeriod, months: int = 1) -> Self:
        """Filter for the figures of the month (`months` months) before `period` that were counted by the same rules.

        Those that the two months counted in different versions are left out, since their difference says nothing.
        """
        before = month_after(period.month, -months)
        measured = Computation.objects.filter(period__month__in=(before, period.month))
        versions = dict(measured.values_list("period__month", "measured"))
        then, now = versions.get(before, {}), versions.get(period.month, {})
        alike = [
            name.removeprefix(OF_DIVISIONS)
            for name, version in now.items()
            if name.startswith(OF_DIVISIONS) and then.get(name) == version
        ]
        return self.filter(period__month=before, code__in=alike)


class FigureResult(ScopedModel):
    """A figure of one division in one month, as the sums that make it; with what they are since 1 January for a flow.

    There is a row for each part and, with `part` "", for all together. A division whose county has no row in the register
    has no row here: it is 未填报, not 0 (docs/domain.md §5.5). `denominator` is empty for a total. `counties` is, for the
    city, the number of counties that its sums cover.
    """

    period = models.ForeignKey("periods.ReportingPeriod", models.CASCADE, related_name="figures", verbose_name="统计月")
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="figures", verbose_name="区划")
    code = models.CharField("指标", max_length=50)
    part = models.CharField("分项", max_length=40, blank=True, default="", help_text="空表示合计")
    numerator = models.DecimalField("分子", max_digits=SUM_DIGITS, decimal_places=SUM_DECIMALS)
    denominator = models.DecimalField("分母", max_digits=SUM_DIGITS, decimal_places=SUM_DECIMALS, null=True)
    numerator_year = models.DecimalField("本年分子", max_digits=SUM_DIGITS, decimal_places=SUM_DECIMALS, null=True)
    denominator_year = models.DecimalField("本年分母", max_digits=SUM_DIGITS, decimal_places=SUM_DECIMALS, null=True)
    counties = models.PositiveSmallIntegerField("覆盖的县（市、区）数", null=True, help_text="只有市有")

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    is_computed: ClassVar[bool] = True  # goes with a place that is taken back, while the month is open
    objects = FigureResultQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作指标"
        constraints = (
            models.UniqueConstraint(
                fields=["period", "division", "code", "part"],
                name="figure_once",
                violation_error_message="这个区划本月已有这项指标。",
            ),
            models.CheckConstraint(
                condition=~Q(code=""),
                name="figure_has_code",
                violation_error_message="工作指标应有代码。",
            ),
            models.CheckConstraint(
                condition=Q(denominator_year__isnull=True) | Q(numerator_year__isnull=False, denominator__isnull=False),
                name="figure_year_has_numerator",
                violation_error_message="有本年分母的工作指标应有本年分子和当月分母。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.division} {self.period}"


def printed_figures(target: Target, rows: Iterable[FigureResult]) -> PrintedFigures:
    """Return the printed numbers of rows of the figure that a target judges, by month and division."""
    figure = figure_judged(target)
    return {(row.period_id, row.division_id): value_of(figure, row.numerator, row.denominator) for row in rows}
