"""Setting how a county assesses its communities in a year."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError, field_at_fault
from changzhi_portal.violations import violation_in_words
from communities.models import Division
from workload.flow import MAY_DECIDE
from workload.models import AssessmentScheme


def save_scheme(
    *, by: User, county: Division, year: int, weight: int, note: str = "", version: int = 0
) -> AssessmentScheme:
    """Create or change the scheme of a county and year; `version` is the one that the page showed, 0 for a new one.

    Raises NotAllowedError for a county that the user does not decide for, StaleError, and InvalidError for a weight
    below 50 [四（一）4] and for a year after the next one.
    """
    inside = Division.objects.counties().visible_to(by).filter(pk=county.pk)
    if not getattr(by.role, MAY_DECIDE) or not inside.exists():
        raise NotAllowedError(
            f"{county.name}的考核办法不由您设置。", cure=f"{by.username} sets no scheme of {county.code}."
        )
    if year > timezone.localdate().year + 1:
        raise InvalidError(
            "考核办法最早提前一年设置，请核对年度。", cure=f"The year {year} is too far ahead.", field="year"
        )
    refuse_personal_numbers(note, what="备注", field="note")
    try:
        return _saved(by, county, year, weight=weight, note=note, version=version)
    except IntegrityError as error:  # two at once set the first of a year
        raise InvalidError(violation_in_words(error, (AssessmentScheme,)), field="year") from error


def _saved(by: User, county: Division, year: int, *, weight: int, note: str, version: int) -> AssessmentScheme:
    with transaction.atomic():
        schemes = AssessmentScheme.objects.select_for_update(of=("self",))
        scheme = schemes.filter(county=county, year=year).first() or AssessmentScheme(county=county, year=year)
        before = _state(scheme) if scheme.pk else {}
        if (scheme.version if scheme.pk else 0) != version:
            raise StaleError("您打开页面以后，考核办法又有改动，请重新打开再改。", cure="The scheme has changed.")
        scheme.weight, scheme.note = weight, note
        try:
            scheme.full_clean(exclude=["county"])
        except ValidationError as error:
            raise InvalidError(
                "".join(error.messages), cure="The scheme cannot be saved.", field=field_at_fault(error) or "weight"
            ) from error
        if before:
            scheme.version += 1
        scheme.save()
        _log(by, scheme, before)
    return scheme


def _state(scheme: AssessmentScheme) -> dict[str, Any]:
    return {"county": scheme.county_id, "year": scheme.year, "weight": scheme.weight, "note": scheme.note}


def _log(by: User, scheme: AssessmentScheme, before: dict[str, Any]) -> None:
    after = _state(scheme)
    if before:
        changed = differing(before, after)
        if not changed["after"]:
            return
        before, after = changed["before"], changed["after"]
    change_set = begin_change_set(
        by=by, summary=f"设置考核办法：{scheme}", division=scheme.county, affects_figures=False
    )
    log_changes(change_set, [change_of(scheme, division=scheme.county_id, before=before, after=after)])
