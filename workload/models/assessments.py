"""社区综合考核: one a county and year, led by residents' satisfaction; there is no other assessment [四（一）4]."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from changzhi_portal.grades import printed_score
from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models import CommunityPlacement

# Percent of the total that residents' satisfaction has at least (docs/domain.md §11.4).
LEAST_WEIGHT: Final = 50
_ALL: Final = 100
_FIRST_YEAR, _LAST_YEAR = 2017, 2100


class AssessmentSchemeQuerySet(ScopedQuerySet):
    """Queries of schemes."""

    def newest_year(self) -> int | None:
        """Return the newest year with a scheme; None without any."""
        year: int | None = self.aggregate(year=Max("year"))["year"]
        return year


class AssessmentScheme(Record, ScopedModel):
    """How a county assesses its communities in a year: the weight of residents' satisfaction, in percent."""

    county = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="assessment_schemes", verbose_name="县（市、区）"
    )
    year = models.PositiveSmallIntegerField("年度")
    weight = models.PositiveSmallIntegerField("居民满意度权重（%）")
    note = models.CharField("备注", max_length=500, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("county",)
    objects = AssessmentSchemeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "考核办法"
        ordering = ("-year", "county")
        constraints = (
            models.UniqueConstraint(
                fields=["county", "year"],
                name="assessment_scheme_once",
                violation_error_message="这个县（市、区）这一年已有考核办法。",
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=LEAST_WEIGHT, weight__lte=_ALL),
                name="satisfaction_leads_assessment",
                violation_error_message="社区考核以居民满意度为主［四（一）4］，满意度权重不能低于百分之五十。",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=_FIRST_YEAR, year__lte=_LAST_YEAR),
                name="assessment_scheme_year",
                violation_error_message="请填写2017年以后的年度。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.county}{self.year}年社区考核"


def assessment_total(weight: int | None, satisfaction: Decimal | None, work: Decimal) -> Decimal | None:
    """Return the total of a community from both scores of 0 to 100, with one decimal, rounded half up.

    `weight` is that of satisfaction in percent. None while weight or satisfaction is unknown.
    """
    if weight is None or satisfaction is None:
        return None
    return printed_score(Fraction(weight * satisfaction + (_ALL - weight) * work) / _ALL)


class AssessmentQuerySet(ScopedQuerySet):
    """Queries of assessments."""

    def with_weight(self) -> Self:
        """Annotate `weight`, that of satisfaction in percent; None where the county has no scheme of the year.

        A county that closes during the year finishes it with its own scheme (docs/domain.md §11.4): that of the county where the
        community lay on 1 January goes before that of its county of today.
        """
        begun = Q(valid_from__year__lt=OuterRef("year")) | Q(
            valid_from__year=OuterRef("year"), valid_from__month=1, valid_from__day=1
        )
        at_first = CommunityPlacement.objects.filter(begun, community=OuterRef("community")).order_by("-valid_from")
        rows: Self = self.annotate(county_at_first=Subquery(at_first.values("town__parent")[:1]))
        return rows.annotate(weight=Coalesce(_weight_in("county_at_first"), _weight_in("community__town__parent")))


def _weight_in(county: str) -> Subquery:
    """Return the weight of the scheme of a county and of the assessment's year."""
    schemes: QuerySet[AssessmentScheme] = AssessmentScheme.objects.filter(
        county=OuterRef(county), year=OuterRef("year")
    )
    return Subquery(schemes.order_by().values("weight")[:1])


class Assessment(Record, ScopedModel):
    """The score of a community's work in a year, 0 to 100; its satisfaction is that of the year's survey."""

    community = models.ForeignKey(
        "communities.Community", models.PROTECT, related_name="assessments", verbose_name="社区"
    )
    year = models.PositiveSmallIntegerField("年度")
    work_score = models.DecimalField("工作得分", max_digits=5, decimal_places=2)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "workload:assessment_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town",)
    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社区考核"
        ordering = ("-year", "community")
        constraints = (
            models.UniqueConstraint(
                fields=["community", "year"],
                name="assessment_once",
                violation_error_message="这个社区这一年已有考核得分。",
            ),
            models.CheckConstraint(
                condition=Q(work_score__gte=0, work_score__lte=_ALL),
                name="work_score_up_to_100",
                violation_error_code="bad_number",
                violation_error_message="工作得分应在0到100之间。",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=_FIRST_YEAR, year__lte=_LAST_YEAR),
                name="assessment_year",
                violation_error_code="bad_number",
                violation_error_message="请填写2017年以后的年度。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.community}{self.year}年考核"
