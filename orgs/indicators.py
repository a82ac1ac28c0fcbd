"""Indicators of social organizations (docs/domain.md §5)."""

from __future__ import annotations

from django.db.models import Count, Q

from changzhi_portal.indicators import CountedFigure, CountedRegister, Dimension, Indicator
from orgs.models import SocialOrganization

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
