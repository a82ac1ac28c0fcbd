"""Indicators and figures of social organizations (docs/domain.md §5, §5.12)."""

from __future__ import annotations

import datetime

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Round

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Rows, Shown
from changzhi_portal.indicators import CountedFigure, CountedRegister, Dimension, Indicator
from communities.models import Division, ServicePoint, community_on
from orgs.models import SocialOrganization, Support

_Registration = SocialOrganization.Registration
_ORGANIZATION_LABELS = {
    _Registration.REGISTERED: "登记组织",
    _Registration.FILED: "街道备案组织",
    _Registration.GUIDED: "社区指导组织",
}
_AGENCY_LABELS = {
    _Registration.REGISTERED: "登记社工机构",
    _Registration.FILED: "备案社工机构",
    _Registration.GUIDED: "指导社工机构",
}

REGISTRATION = Dimension(
    "registration",
    "管理方式",
    {value: str(label) for value, label in _Registration.choices},
    subject="社会组织、社工机构",
)

ORGANIZATIONS = CountedRegister(
    code="organizations",
    model=SocialOrganization,
    at_divisions=True,
    community_figures=tuple(
        CountedFigure(f"organizations_{value}", label, Count("pk", filter=Q(registration=value)))
        for value, label in _ORGANIZATION_LABELS.items()
    ),
    division_figures=tuple(
        CountedFigure(
            f"agencies_{value}", label, Count("pk", filter=Q(registration=value) & Q(is_social_work_agency=True))
        )
        for value, label in _AGENCY_LABELS.items()
    ),
)

NUMBER_OF_ORGANIZATIONS = Indicator(
    "organizations",
    "社区社会组织数",
    ORGANIZATIONS,
    {value: f"organizations_{value}" for value in _Registration.values},
    "个",
    dimension=REGISTRATION,
)
NUMBER_OF_AGENCIES = Indicator(
    "agencies",
    "民办社会工作服务机构数",
    ORGANIZATIONS,
    {value: f"agencies_{value}" for value in _Registration.values},
    "家",
    dimension=REGISTRATION,
    is_of_divisions=True,
)


# --- Figures of divisions [四（二）2–3] ---

_CLAUSE = "四（二）2"
_PLACE = ("community_id", "division_id")


def _filed_new(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row an organization that was filed from `first` to `last`, with a 备案号 or without."""
    filed = SocialOrganization.objects.filter(filed_on__gte=first, filed_on__lte=last).order_by()
    return filed.annotate(numerator=Value(1)).values(*_PLACE, "numerator")


def _any_filed(last: datetime.date) -> Rows:
    """Return the places with any organization whose day of filing is noted, by a day."""
    return SocialOrganization.objects.filter(filed_on__lte=last).order_by().values(*_PLACE)


def _in_effect(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row an organization in effect on the last day, by its category."""
    active = SocialOrganization.objects.in_effect_on(last).order_by()
    return active.annotate(part=F("category"), numerator=Value(1)).values(*_PLACE, "part", "numerator")


def _any_organization(last: datetime.date) -> Rows:
    """Return the places with any organization by a day."""
    return SocialOrganization.objects.filter(established_on__lte=last).order_by().values(*_PLACE)


def _of_towns(rows: QuerySet) -> QuerySet:
    """Filter for records of a town or its communities: those of a whole county serve no single town."""
    return rows.filter(Q(community__isnull=False) | Q(division__level=Division.Level.TOWN))


def _hubs(first: datetime.date, last: datetime.date) -> Rows:
    """Return the federations and promotion bodies of towns in effect on the last day; the engine counts towns once."""
    hubs = _of_towns(SocialOrganization.objects.in_effect_on(last).exclude(hub_kind=""))
    return hubs.order_by().annotate(numerator=Value(1)).values(*_PLACE, "numerator")


def _platforms(first: datetime.date, last: datetime.date) -> Rows:
    """Return the service points of towns and communities in use that are 社会组织服务平台; towns are counted once."""
    points = ServicePoint.objects.in_effect_on(last).with_function(ServicePoint.Function.ORG_PLATFORM)
    return _of_towns(points).order_by().annotate(numerator=Value(1)).values(*_PLACE, "numerator")


def _any_point(last: datetime.date) -> Rows:
    """Return the places with any service point by a day."""
    return ServicePoint.objects.filter(opened_on__lte=last).order_by().values(*_PLACE)


def _support_amount(first: datetime.date, last: datetime.date) -> Rows:
    """Return the amounts in yuan of the support that begins from `first` to `last`, where its organization was then.

    Of kind 经费 too: payments are a figure of their own, and never added to this one.
    """
    begun = Support.objects.filter(valid_from__gte=first, valid_from__lte=last, amount__isnull=False)
    # SQLite adds decimals as floats.
    grouped = _placed(begun, last).annotate(numerator=Round(Sum("amount"), precision=2))
    return grouped.values(*_PLACE, "numerator")


def _any_support(last: datetime.date) -> Rows:
    """Return the places with any support by a day."""
    return _placed(Support.objects.filter(valid_from__lte=last), last).values(*_PLACE)


def _placed(supports: QuerySet, last: datetime.date) -> QuerySet:
    """Group support by the place where its organization counted on a day (ADR 0021)."""
    at = community_on(SocialOrganization, last, through="organization")
    placed = supports.order_by().annotate(at=at, own=F("organization__division"))
    return placed.values("at", "own").annotate(community_id=F("at"), division_id=F("own"))


FILED_NEW = Figure(
    code="filed_new",
    name="新备案的社会组织",
    unit="个",
    clause=_CLAUSE,
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_filed_new,
    reported=_any_filed,
    decimals=0,
)
SUPPORT_AMOUNT = Figure(
    code="support_amount",
    name="扶持社会组织的金额",
    unit="元",
    clause=_CLAUSE,
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_support_amount,
    reported=_any_support,
    decimals=2,
)
HUB_TOWNS = Figure(
    code="hub_towns",
    name="有枢纽型社会组织的街道（乡镇）占比",
    unit="%",
    clause=_CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_hubs,
    reported=_any_organization,
    over=CountedOver.TOWNS,
)
PLATFORM_TOWNS = Figure(
    code="platform_towns",
    name="有社会组织服务平台的街道（乡镇）占比",
    unit="%",
    clause=_CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_platforms,
    reported=_any_point,
    over=CountedOver.TOWNS,
)
BY_CATEGORY = Figure(
    code="organizations",
    name="在册的社会组织",
    unit="个",
    clause=_CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.TOTAL,
    rows=_in_effect,
    reported=_any_organization,
    parts={category.value: str(category.label) for category in SocialOrganization.Category},
    decimals=0,
)
