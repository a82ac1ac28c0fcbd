"""Quality rules of social organizations.

Constraints ensure that a registered one has a credit code and that its dates are in order, so no rule checks that.
"""

from __future__ import annotations

from django.db.models import Count, F, Q, Window
from django.db.models.functions import Coalesce

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.scope import ScopedQuerySet
from communities.models import Division
from orgs.models import SocialOrganization

ORGANIZATIONS = Subject(SocialOrganization)
Registration = SocialOrganization.Registration
LegalForm = SocialOrganization.LegalForm
# GB 32100: the first two characters of a credit code by legal form (docs/domain.md §8).
_CODE_BEGINS = {
    LegalForm.ASSOCIATION: "51",
    LegalForm.PRIVATE_NON_ENTERPRISE: "52",
    LegalForm.SERVICE: "52",
    LegalForm.FOUNDATION: "53",
}


def _active(occasion: Occasion) -> ScopedQuerySet:
    return SocialOrganization.objects.in_effect_on(occasion.day)


@rule(
    ORGANIZATIONS,
    Severity.SOFT,
    "社会组织重名",
    "同一街道（乡镇）另有一个同名组织，请核对是否重复登记。",
)
def organization_name_twice(occasion: Occasion) -> ScopedQuerySet:
    """Find one organization with two keys: with and without its credit code, or at a community and at the town.

    Two without a code in different communities are two organizations: many communities have a 太极拳队. Counted in one
    pass, because a subquery per organization would scan all 红白理事会 of the city for each of them.
    """
    of_community, of_town = [F("community"), F("name_key")], [F("town_or_above"), F("name_key")]
    placed = (
        occasion.of_city(_active(occasion)).order_by().annotate(town_or_above=Coalesce("community__town", "division"))
    )
    counted = placed.annotate(
        in_community=Window(Count("community"), partition_by=of_community),
        in_town=Window(Count("pk"), partition_by=of_town),
        told_apart=Window(Count("pk", filter=~Q(credit_code="") | Q(community__isnull=True)), partition_by=of_town),
    )
    twice = counted.filter(Q(in_community__gt=1) | Q(in_town__gt=1, told_apart__gt=0))
    return SocialOrganization.objects.filter(pk__in=twice.values("pk"))


@rule(
    ORGANIZATIONS,
    Severity.SOFT,
    "组织类型与信用代码不符",
    "统一社会信用代码{credit_code}的前两位与所填组织类型不符，请核对证书。",
)
def legal_form_contradicts_code(occasion: Occasion) -> ScopedQuerySet:
    """Find codes that contradict the legal form: 51 社会团体, 52 民办非企业单位 (now 社会服务机构), 53 基金会."""
    contradiction = Q()
    for form, beginning in _CODE_BEGINS.items():
        contradiction |= Q(legal_form=form) & ~Q(credit_code__startswith=beginning)
    return _active(occasion).filter(contradiction).exclude(credit_code="")


@rule(
    ORGANIZATIONS,
    Severity.SOFT,
    "民办社工机构未登记",
    "民办社工机构只有管理方式为“登记”的才计入目标，请核对管理方式。",
)
def agency_not_registered(occasion: Occasion) -> ScopedQuerySet:
    """Find agencies that are not registered: `district_agencies` counts only 管理方式 登记."""
    return _active(occasion).agencies().exclude(registration=Registration.REGISTERED)  # type: ignore[attr-defined]


@rule(
    ORGANIZATIONS,
    Severity.SOFT,
    "社区指导的组织没有写明社区",
    "管理方式是“社区指导”，但没有写明由哪个社区指导，不计入任何社区，请补填社区。",
)
def guided_without_community(occasion: Occasion) -> ScopedQuerySet:
    """Find organizations guided by a community that belong to a town or county, so that they count for no community."""
    return _active(occasion).filter(registration=Registration.GUIDED, community__isnull=True)


@rule(
    ORGANIZATIONS,
    Severity.SOFT,
    "街道备案的组织挂在县级",
    "管理方式是“街道备案”，但没有写明街道（乡镇）或社区，请补填。",
)
def filed_above_town(occasion: Occasion) -> ScopedQuerySet:
    """Find organizations filed with a street or town that belong to a county."""
    filed = _active(occasion).filter(registration=Registration.FILED, division__isnull=False)
    return filed.exclude(division__level=Division.Level.TOWN)


@rule(
    ORGANIZATIONS,
    Severity.SOFT,
    "社会组织所在社区已撤销",
    "所在社区已经撤销，不再计入，请改到现在的社区或填注销日期。",
)
def organization_in_closed_community(occasion: Occasion) -> ScopedQuerySet:
    """Find active organizations in a community that no longer exists, where they are not counted."""
    return _active(occasion).filter(community__closed_on__lte=occasion.day)
