"""Keeping contact persons (联系方式)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.personal import Sealed
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.rights import Actor
from communities.models import Contact, Division
from communities.models.division import DivisionQuerySet


@dataclass(frozen=True, kw_only=True)
class ContactFields:
    """What is kept of a contact person. Only a contact of the bureau may be public."""

    division: Division
    name: str
    duty: str = ""
    phone: Sealed | None = None
    email: str = ""
    is_public: bool = False


def divisions_with_contacts_of(user: Actor) -> DivisionQuerySet:
    """Return the divisions whose contacts a user keeps: city and counties for the bureau, the own county for its clerk."""
    levels = (Division.Level.CITY, Division.Level.COUNTY)
    return Division.objects.current().visible_to(user).filter(level__in=levels).order_by("code")


def save_contact(*, by: Actor, fields: ContactFields, ref: str = "", version: int = 0) -> Contact:
    """Create a contact person, or with a `ref` change the one that the page showed in this version.

    Raises NotAllowedError for a role or a division that `by` keeps no contacts of, NotFoundError, StaleError,
    InvalidError for wrong fields.
    """
    _check_may_keep(by, fields.division)
    refuse_personal_numbers(fields.name, what="联系人", field="name")
    refuse_personal_numbers(fields.duty, what="负责什么", field="duty")
    with transaction.atomic():
        contact = _locked(by, ref, version) if ref else Contact()
        before = _state(contact) if ref else {}
        contact.division, contact.name, contact.duty = fields.division, fields.name, fields.duty
        contact.phone, contact.email = fields.phone, fields.email
        contact.is_public = fields.is_public and fields.division.level == Division.Level.CITY
        _check(contact)
        if ref:
            contact.version += 1
        contact.save()
        _log(by, contact, before, _state(contact), "修改联系人" if ref else "新增联系人")
    return contact


def delete_contact(*, by: Actor, ref: str, version: int) -> str:
    """Delete a contact person and return the name; what is known of it stays in the change log.

    Raises NotAllowedError, NotFoundError, StaleError.
    """
    with transaction.atomic():
        contact = _locked(by, ref, version)
        _check_may_keep(by, contact.division)
        _log(by, contact, _state(contact), {}, "删除联系人")
        contact.delete()
    return contact.name


def _locked(by: Actor, ref: str, version: int) -> Contact:
    found = Contact.objects.visible_to(by).select_for_update(of=("self",)).select_related("division")
    contact: Contact | None = found.filter(ref=ref).first()
    if contact is None:
        raise NotFoundError("这个联系人已经不在了，请回到联系方式页面看看。", cure=f"There is no contact {ref}.")
    if contact.version != version:
        raise StaleError(
            "您打开页面以后，有人改过这个联系人，没有保存；请重新打开这一页再改。",
            cure="The contact was changed since it was read.",
        )
    return contact


def _check_may_keep(by: Actor, division: Division) -> None:
    if not by.role.may_keep_contacts or not divisions_with_contacts_of(by).filter(pk=division.pk).exists():
        raise NotAllowedError(
            f"{division.name}的联系人不由您维护，请联系市局管理员。",
            cure=f"{by.username} may not keep the contacts of {division.code}.",
            field="division",
        )


def _check(contact: Contact) -> None:
    try:
        contact.full_clean(exclude=["division"])
    except ValidationError as error:
        raise InvalidError(
            "".join(error.messages), cure="The contact cannot be saved.", field=field_at_fault(error)
        ) from error


def _state(contact: Contact) -> dict[str, Any]:
    return {
        "division": contact.division_id,
        "name": contact.name,
        "duty": contact.duty,
        "phone": None if contact.phone is None else contact.phone.token,
        "email": contact.email,
        "is_public": contact.is_public,
    }


def _log(by: Actor, contact: Contact, before: dict[str, Any], after: dict[str, Any], summary: str) -> None:
    if before and after:
        changed = differing(before, after)
        if not changed["after"]:
            return
        before, after = changed["before"], changed["after"]
    division = contact.division
    change_set = begin_change_set(
        by=by, summary=f"{summary}：{division.name}{contact.name}", division=division, affects_figures=False
    )
    log_changes(change_set, [change_of(contact, division=division.pk, before=before, after=after)])
