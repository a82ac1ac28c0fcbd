"""Opening a project for each chosen proposal of a call: the same check and change log as an edit of the project's record."""

from __future__ import annotations

import datetime
import re
from typing import Any, Final

from changelog.actions import begin_change_set, change_of, edit_record, log_changes
from changelog.models import RegisterLock
from changzhi_portal.refusals import InvalidError
from changzhi_portal.rights import Actor
from communities.models import Division
from orgs.models import SocialOrganization
from services.models import Call, CallCommunity, Proposal, ServiceProject
from services.rules import bad_standing
from services.sheets import ProjectSheet

_SERIAL_LENGTH: Final = 3
# How the numbers of projects from calls of each kind are marked: 创投, 认领.
_MARKS: Final = {Call.Kind.VENTURE: "CT", Call.Kind.CLAIM: "RL"}


def open_projects(call: Call, *, by: Actor, day: datetime.date) -> list[ServiceProject]:
    """Open a project for each chosen proposal of a call that has none yet, and return them in the order of the scores.

    Must run in the transaction of the move. Raises InvalidError for an organization that is no longer in good standing,
    with its name, and for what the register of projects refuses; NotAllowedError for who may not edit projects.
    """
    chosen = Proposal.objects.filter(call=call, project__isnull=True).chosen()
    proposals = list(chosen.select_for_update(of=("self",)).select_related("organization__merged_into").by_score())
    if not proposals:
        return []
    for proposal in proposals:
        if said := bad_standing(proposal.organization, call, day):
            raise InvalidError(
                f"“{proposal.organization}”：{said}请先把这一项改为未入选。",
                cure=f"The organization of {proposal.ref} is not in good standing.",
            )
    RegisterLock.objects.lock(ProjectSheet.name)
    communities = _communities_of(call)
    opened = [(proposal, _open(proposal, call, communities, by=by, day=day)) for proposal in proposals]
    _log(call, opened, by=by)
    return [project for _, project in opened]


def draw_project_number(division: Division, kind: str, day: datetime.date) -> str:
    """Return the next number of a division's projects from calls of a kind and year: 140402-CT-2018-001.

    Must run in the transaction that writes the project, with the register locked, so that nobody draws the same number;
    a transaction that fails leaves no gap.
    """
    begins = f"{division.code}-{_MARKS[Call.Kind(kind)]}-{day.year}-"
    drawn = re.compile(rf"{re.escape(begins)}(\d{{{_SERIAL_LENGTH},9}})")
    numbers = ServiceProject.objects.filter(number__startswith=begins).values_list("number", flat=True)
    serials = [int(found[1]) for number in numbers if (found := drawn.fullmatch(number))]
    return f"{begins}{max(serials, default=0) + 1:0{_SERIAL_LENGTH}}"


def _communities_of(call: Call) -> str:
    """Return the codes of the communities of a call that have not closed, as the register of projects reads them."""
    links = CallCommunity.objects.filter(call=call, community__closed_on__isnull=True)
    return "、".join(links.order_by("community__code").values_list("community__code", flat=True))


def _open(proposal: Proposal, call: Call, communities: str, *, by: Actor, day: datetime.date) -> ServiceProject:
    """Write the project of one proposal and link it. Raises InvalidError for what the register refuses."""
    edit = edit_record(
        register=ProjectSheet(),
        values=_values(proposal, call, communities, draw_project_number(call.division, call.kind, day)),
        by=by,
        part_of=call.get_kind_display(),
    )
    if edit.has_error or edit.record is None:
        sentences = [f"{problem.message}。" for problems in edit.problems.values() for problem in problems]
        said = "".join(dict.fromkeys(sentences)) or "没有写入。"
        raise InvalidError(f"“{proposal}”不能立项：{said}", cure=f"The register refuses the project of {proposal.ref}.")
    project = ServiceProject.objects.get(ref=edit.record.ref)
    if project.provider_id is None:  # an organization without a credit code, which the register does not find
        project.provider = _provider_of(proposal)
        project.version += 1
        project.save(update_fields=["provider", "version"])
    proposal.project = project
    proposal.version += 1
    proposal.save(update_fields=["project", "version"])
    return project


def _provider_of(proposal: Proposal) -> SocialOrganization:
    """Return the organization of a proposal; of one that was merged, that which it was merged into."""
    return proposal.organization.merged_into or proposal.organization


def _values(proposal: Proposal, call: Call, communities: str, number: str) -> dict[str, Any]:
    """Return what the call and the proposal say of the project, by field of its register."""
    organization, division = _provider_of(proposal), call.division
    said: dict[str, Any] = {
        "number": number,
        "name": proposal.title,
        "county": division.name if division.level == Division.Level.COUNTY else "",
        "buyer": f"{division.name}民政局",
        "provider_name": organization.name,
        "field": call.field,
        "beneficiaries": call.beneficiaries,
        "purchase_method": ServiceProject.PurchaseMethod.VENTURE.value,
        "funding_source": call.funding_source,
        "budget": proposal.amount,
        "starts_on": call.starts_on,
        "ends_on": call.ends_on,
        "status": ServiceProject.Status.PLANNED.value,
    }
    if organization.credit_code:
        said["provider_credit_code"] = organization.credit_code
    if communities:
        said["communities"] = communities
    if not call.is_venture:
        said |= {
            "purchase_method": ServiceProject.PurchaseMethod.OWN.value,
            "funding_source": ServiceProject.FundingSource.OTHER.value,
            "contract_amount": proposal.amount,
        }
    return said


def _log(call: Call, opened: list[tuple[Proposal, ServiceProject]], *, by: Actor) -> None:
    """Log which project each proposal has led to; the projects are logged as edits of their own."""
    division = call.division
    change_set = begin_change_set(
        by=by, summary=f"入选项目立项：{division.name}{call}", division=division, affects_figures=False
    )
    linked = [
        change_of(proposal, division=division.pk, before={"project": None}, after={"project": project.pk})
        for proposal, project in opened
    ]
    without_code = [
        change_of(project, division=division.pk, before={"provider": None}, after={"provider": project.provider_id})
        for _, project in opened
        if not project.provider_credit_code
    ]
    log_changes(change_set, [*linked, *without_code])
