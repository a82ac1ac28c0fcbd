"""Noting what is to be filed, and changing it while it is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.identifiers import InvalidIdentifierError, clean_credit_code, clean_phone
from changzhi_portal.names import tidy
from changzhi_portal.personal import Sealed
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import field_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.violations import violation_in_words
from communities.models import Community
from communities.models.community import CommunityQuerySet
from orgs.flow import MAY_FILE
from orgs.models import Filing, SocialOrganization
from orgs.rules import DECISION_LIMIT, NOT_FILED, WHOLE, fields_asked, follow_organization, refuse_what_is_wrong
from periods.workdays import deadline

_TEXTS = ("name", "leader", "venue", "purpose", "reason")


@dataclass(frozen=True, kw_only=True)
class FilingFields:
    """What is said of a filing; what its kind does not ask is left as the organization has it.

    `phone` is plain text, "" for none or an unchanged one. `is_eligible` says that the organization is none of those that
    are not filed; it is asked of what says the whole organization.
    """

    community: Community | None = None
    name: str = ""
    category: str = ""
    leader: str = ""
    phone: str = ""
    members: int | None = None
    venue: str = ""
    purpose: str = ""
    credit_code: str = ""
    legal_form: str = ""
    reason: str = ""
    is_eligible: bool = False


def communities_to_file_in(by: Actor) -> CommunityQuerySet:
    """Return the communities whose organizations a user files: those of the own town, none for other roles."""
    communities = Community.objects.current().visible_to(by).filter(is_virtual=False)
    found: CommunityQuerySet = communities if has_right(by, MAY_FILE) else communities.none()
    return found.select_related("town__parent").order_by("code")


def organization_to_file(ref: str, by: Actor) -> SocialOrganization:
    """Return the organization with this ref of the user's area. Raises NotFoundError, InvalidError for one of no community."""
    found: SocialOrganization | None = SocialOrganization.objects.visible_to(by).with_place().filter(ref=ref).first()
    if found is None:
        raise NotFoundError("没有找到这个组织。", cure=f"There is no organization {ref} in the user's area.")
    if found.community is None:
        raise InvalidError(
            f"“{found}”不属于社区，不在街道备案；有变动的，请在社会组织登记表中修改。",
            cure=f"The organization {ref} belongs to no community.",
            field="organization",
        )
    return found


def open_filing(ref: str, by: Actor) -> Filing:
    """Return the filing with this ref that may still be changed. Raises NotFoundError, StaleError for a decided one."""
    found: Filing | None = Filing.objects.visible_to(by).with_place().filter(ref=ref).first()
    if found is None:
        raise NotFoundError("没有找到这件备案。", cure=f"There is no filing {ref} in the user's area.")
    if not found.is_open:
        raise StaleError(f"这件备案现在是“{found.get_state_display()}”，不能修改。", cure=f"{ref} is {found.state}.")
    return found


def new_filing(*, by: Actor, kind: str, fields: FilingFields, organization: SocialOrganization | None = None) -> Filing:
    """Note what is to be filed and return it; it waits from today, for ten working days.

    Raises NotAllowedError for a role that files nothing or a community of another town, InvalidError for what the rules
    or constraints refuse.
    """
    _refuse_unless_may_file(by)
    today = timezone.localdate()
    filing = Filing(kind=kind, organization=organization, submitted_on=today, due_on=deadline(today, DECISION_LIMIT))
    if organization is not None:
        _copy(filing, organization)
    with _refusing():
        _set(filing, fields, by)
        filing.save()
        _log(by, filing, {}, _state(filing), "登记备案")
    return filing


def change_filing(*, by: Actor, ref: str, version: int, fields: FilingFields) -> Filing:
    """Change an open filing, as the page showed it in this version, and return it.

    Raises NotAllowedError, NotFoundError, StaleError, InvalidError.
    """
    _refuse_unless_may_file(by)
    with _refusing():
        key = open_filing(ref, by).pk
        filing = Filing.objects.select_for_update(of=("self",)).get(pk=key)
        if filing.version != version or not filing.is_open:
            raise StaleError(
                "您打开页面以后，这件备案又有改动，没有保存；请重新打开这一页再改。",
                cure=f"The filing {ref} has version {filing.version}, not {version}.",
            )
        before = _state(filing)
        _set(filing, fields, by)
        if (after := _state(filing)) != before:
            filing.version += 1
            filing.save()
            _log(by, filing, before, after, "修改备案")
    return filing


@contextmanager
def _refusing() -> Iterator[None]:
    """Run in a transaction; turn what the database refuses, such as two filings of one name at once, into InvalidError."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise InvalidError(violation_in_words(error, (Filing,)), cure="A constraint refuses the filing.") from error


def _refuse_unless_may_file(by: Actor) -> None:
    if not has_right(by, MAY_FILE):
        raise NotAllowedError(
            "备案由街道（乡镇）的填报员办理。", cure=f"The role of {by.username} files no organizations."
        )


def _copy(filing: Filing, organization: SocialOrganization) -> None:
    """Set what the register says of the organization; its phone stays where it is."""
    filing.community_id = organization.community_id or 0
    for name in ("name", "category", "leader", "legal_form"):
        setattr(filing, name, getattr(organization, name))
    filing.members = organization.member_count


def _set(filing: Filing, fields: FilingFields, by: Actor) -> None:
    """Set what the kind asks, and refuse what is wrong. Raises NotAllowedError, InvalidError."""
    for name in fields_asked(filing.kind):
        value = getattr(fields, name)
        if name == "community":
            _set_community(filing, value, by)
        elif name == "phone":
            if value:
                filing.phone = _phone(value)
        elif name == "credit_code":
            filing.credit_code = _credit_code(value)
        else:
            setattr(filing, name, tidy(value) if isinstance(value, str) and name in _TEXTS else value)
    for name in _TEXTS:
        label = str(field_of(Filing, name).verbose_name)
        refuse_personal_numbers(getattr(filing, name), what=label, field=name)
    if filing.kind in WHOLE and not fields.is_eligible:
        raise InvalidError(NOT_FILED, cure="It is not said that the organization may be filed.", field="is_eligible")
    filing.prepare_keys()
    follow_organization(filing)
    refuse_what_is_wrong(filing, timezone.localdate())
    try:
        filing.full_clean(exclude=["organization", "community", "phone"])
    except ValidationError as error:
        raise InvalidError(
            "".join(error.messages), cure="The filing cannot be saved.", field=field_at_fault(error)
        ) from error


def _set_community(filing: Filing, community: Community | None, by: Actor) -> None:
    if community is None:
        raise InvalidError("请选择社区。", cure="A filing names its community.", field="community")
    if not Community.objects.visible_to(by).filter(pk=community.pk).exists():
        raise NotAllowedError(
            f"“{community}”不在本街道（乡镇），不由您备案。", cure=f"{community.code} lies outside the user's area."
        )
    filing.community = community


def _credit_code(value: str) -> str:
    try:
        return clean_credit_code(value) if value else ""
    except InvalidIdentifierError as error:
        raise InvalidError(f"{error}。", cure="The credit code is wrong.", field="credit_code") from error


def _phone(value: str) -> Sealed:
    try:
        return Sealed("phone", plain=clean_phone(value))
    except InvalidIdentifierError as error:
        raise InvalidError(f"{error}。", cure="The phone is wrong.", field="phone") from error


def _state(filing: Filing) -> dict[str, Any]:
    named = (
        "name",
        "category",
        "leader",
        "phone",
        "members",
        "venue",
        "purpose",
        "credit_code",
        "legal_form",
        "reason",
    )
    said = {name: getattr(filing, name) for name in named}
    return {"kind": filing.kind, "organization": filing.organization_id, "community": filing.community_id, **said}


def _log(by: Actor, filing: Filing, before: dict[str, Any], after: dict[str, Any], summary: str) -> None:
    """Log the change. No month becomes stale: the organization counts, which is written when the filing is granted."""
    if before:
        changed = differing(before, after)
        before, after = changed["before"], changed["after"]
    town = filing.community.town
    change_set = begin_change_set(by=by, summary=f"{summary}：{filing}", division=town, affects_figures=False)
    log_changes(change_set, [change_of(filing, division=town.pk, before=before, after=after)])
