"""What is not filed: the rules of 备案, each refused with one sentence (docs/domain.md §13.1)."""

from __future__ import annotations

import datetime
from typing import Final

from django.db.models import Q

from changzhi_portal.names import comparable
from changzhi_portal.refusals import InvalidError
from orgs.models import FEWEST_MEMBERS, Filing, SocialOrganization

Kind = Filing.Kind
# Working days in which a filing is decided.
DECISION_LIMIT: Final = 10
NOT_FILED: Final = "业主委员会、居委会工作机构和营利组织不予备案。"
# How the names of those end: committees are bodies of residents or owners, companies work for profit.
_ENDINGS: Final = ("委员会", "居委会", "村委会", "业委会", "业主大会", "公司", "企业", "个体工商户", "合作社")
# The kinds that say the whole of an organization.
WHOLE: Final = (Kind.FIRST, Kind.CHANGE)
# What each kind asks for, in the order of the form.
_OF_WHOLE: Final = ("name", "category", "leader", "phone", "members", "venue", "purpose")
_ASKED: Final[dict[str, tuple[str, ...]]] = {
    Kind.FIRST: ("community", *_OF_WHOLE),
    Kind.CHANGE: _OF_WHOLE,
    Kind.REGISTER: ("credit_code", "legal_form", "name"),
    Kind.CANCEL: ("reason",),
}


def fields_asked(kind: str) -> tuple[str, ...]:
    """Return the fields that a filing of a kind asks for, in their order."""
    return _ASKED[kind]


def follow_organization(filing: Filing) -> None:
    """Let a filing of a registered organization name the community where the organization is now."""
    if filing.organization is not None and filing.organization.community is not None:
        filing.community = filing.organization.community


def refuse_what_is_wrong(filing: Filing, today: datetime.date) -> None:
    """Raise InvalidError with the first rule that refuses a filing as it is."""
    if filing.kind != Kind.FIRST:
        _refuse_organization(filing, today)
    if filing.kind in WHOLE:
        _refuse_whole(filing)
    if filing.kind == Kind.REGISTER and not filing.credit_code:
        raise _refusal("转登记要填登记证书上的统一社会信用代码。", "credit_code")
    if filing.community.closed_on is not None and filing.kind != Kind.CANCEL:
        raise _refusal(f"“{filing.community}”已经撤销，不能再备案，请选择现在的社区。", "community")
    if filing.kind != Kind.CANCEL:
        _refuse_same_name(filing)


def _refuse_whole(filing: Filing) -> None:
    if filing.name_key.endswith(tuple(comparable(ending) for ending in _ENDINGS)):
        raise _refusal(NOT_FILED, "name")
    if (filing.members or 0) < FEWEST_MEMBERS:
        raise _refusal(f"成员不少于{FEWEST_MEMBERS}人才能备案，现在填的是{filing.members or 0}人。", "members")
    for name, label in (("leader", "负责人"), ("venue", "活动场所"), ("purpose", "宗旨")):
        if not getattr(filing, name):
            raise _refusal(f"请填写{label}。", name)


def _refuse_organization(filing: Filing, today: datetime.date) -> None:
    """Refuse what is not filed, or is filed no longer: only an organization of 街道备案 changes, registers or ends here."""
    organization = filing.organization
    if organization is None:
        raise _refusal("变更、转登记和注销要写明是哪个组织。", "organization")
    if organization.dissolved_on is not None and organization.dissolved_on <= today:
        raise _refusal(
            f"“{organization}”已于{organization.dissolved_on}注销，不能再办理{filing.get_kind_display()}。",
            "organization",
        )
    if organization.registration != SocialOrganization.Registration.FILED:
        raise _refusal(
            f"“{organization}”的管理方式是“{organization.get_registration_display()}”，"
            f"只有街道备案的组织才办理{filing.get_kind_display()}。",
            "organization",
        )


def _refuse_same_name(filing: Filing) -> None:
    """Refuse a name that another organization of the community has, also one that was dissolved: its record keeps it."""
    others = SocialOrganization.objects.filter(community=filing.community_id, name_key=filing.name_key)
    if filing.organization_id is not None:
        others = others.filter(~Q(pk=filing.organization_id))
    if (other := others.first()) is not None:
        raise _refusal(f"{filing.community}已有同名组织“{other}”，同一社区的组织不得同名，请换一个名称。", "name")


def _refusal(sentence: str, field: str) -> InvalidError:
    return InvalidError(sentence, cure=f"A rule of filing refuses the {field}.", field=field)
