"""Writing an organization when its filing is granted: the same check and change log as an edit of its record."""

from __future__ import annotations

import datetime
from typing import Any

from changelog.actions import edit_record
from changelog.models import RegisterLock
from changzhi_portal.personal import Sealed
from changzhi_portal.refusals import InvalidError
from changzhi_portal.rights import Actor
from changzhi_portal.serials import next_number
from communities.models import Division
from communities.sheets.place_columns import place_values_of
from orgs.models import Filing, SocialOrganization
from orgs.sheets import OrganizationSheet

Kind = Filing.Kind


def draw_filing_number(town: Division, day: datetime.date) -> str:
    """Return the next 备案号 of a town and year: 140402001-BA-2018-0003.

    Must run in the transaction that writes the organization, with the register locked, so that nobody draws the same
    number; a transaction that fails leaves no gap. Numbers of merged and dissolved organizations are not given again.
    """
    begins = f"{town.code}-BA-{day.year}-"
    given = SocialOrganization.with_merged.filter(filing_number__startswith=begins)
    return next_number(begins, given.values_list("filing_number", flat=True))


def write_organization(filing: Filing, *, by: Actor, day: datetime.date) -> SocialOrganization:
    """Write what a granted filing says into the register of organizations, and return the organization.

    Must run in the transaction of the decision. Raises InvalidError for what the register refuses, NotAllowedError,
    NotFoundError and StaleError as an edit of the record does.
    """
    RegisterLock.objects.lock(OrganizationSheet.name)
    organization = filing.organization
    edit = edit_record(
        register=OrganizationSheet(),
        values=_values(filing, day),
        by=by,
        ref=organization.ref if organization is not None else "",
        version=organization.version if organization is not None else None,
        part_of=f"社会组织备案（{filing.get_kind_display()}）",
    )
    if edit.has_error:
        sentences = [f"{problem.message}。" for problems in edit.problems.values() for problem in problems]
        raise InvalidError("".join(dict.fromkeys(sentences)), cure="The register refuses the organization.")
    if edit.record is None:
        raise RuntimeError(f"The filing {filing.pk} has written no organization.")
    return SocialOrganization.objects.get(ref=edit.record.ref)


def _values(filing: Filing, day: datetime.date) -> dict[str, Any]:
    """Return what the filing says, by field of the register."""
    if filing.kind == Kind.CANCEL:
        return {"dissolved_on": day}
    if filing.kind == Kind.REGISTER:
        of_certificate = {"name": filing.name, "credit_code": filing.credit_code, "legal_form": filing.legal_form}
        registered = SocialOrganization.Registration.REGISTERED.value
        return {name: value for name, value in of_certificate.items() if value} | {"registration": registered}
    said: dict[str, Any] = {
        "name": filing.name,
        "category": filing.category,
        "leader": filing.leader,
        "member_count": filing.members,
    }
    if isinstance(filing.phone, Sealed):  # without one the organization keeps what it has
        said["phone"] = filing.phone.reveal()
    organization = filing.organization
    if organization is None:
        said |= {
            **place_values_of(filing.community),
            "registration": SocialOrganization.Registration.FILED.value,
            "established_on": day,
        }
    if organization is None or not organization.filing_number:
        town = filing.community.town
        said |= {"filing_number": draw_filing_number(town, day)}
    if organization is None or organization.filed_on is None:
        said |= {"filed_on": day}
    return said
