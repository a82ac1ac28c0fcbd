"""Opening surveys and changing what they ask. Counts are rows of a register, moves those of the flow."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.names import tidy
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import field_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.violations import violation_in_words
from communities.models import Division
from communities.models.division import DivisionQuerySet
from participation.flow import MAY_RUN
from participation.models import LONGEST_QUESTION, MOST_QUESTIONS, Survey

# What people may still set while counts are entered: everything else says what the counts mean.
SET_WHILE_COLLECTING = frozenset({"starts_on", "ends_on", "method", "by_third_party"})


@dataclass(frozen=True, kw_only=True)
class SurveyFields:
    """What is said of a survey. `questions` are those of a survey of needs, one a line."""

    division: Division
    name: str
    kind: str
    starts_on: datetime.date
    ends_on: datetime.date
    method: str = ""
    by_third_party: bool = False
    questions: str = ""


def divisions_with_surveys_of(user: Actor) -> DivisionQuerySet:
    """Return the divisions whose surveys a user runs: city and counties for the bureau, the own county for its clerk."""
    levels = (Division.Level.CITY, Division.Level.COUNTY)
    return Division.objects.current().visible_to(user).filter(level__in=levels).order_by("code")


def save_survey(*, by: Actor, fields: SurveyFields, ref: str = "", version: int = 0) -> Survey:
    """Create a draft of a survey, or with a `ref` change the one that the page showed in this version.

    Raises NotAllowedError for a role or a division that runs none, NotFoundError, StaleError, InvalidError for wrong
    fields and for what may not change any more.
    """
    _refuse_unless_may_run(by, fields.division)
    values = {**_values_of(fields), "questions": _questions_of(fields)}
    try:
        with transaction.atomic():
            survey = _locked(by, ref, version) if ref else Survey()
            before = _state(survey) if ref else {}
            if ref:
                _refuse_late_changes(survey, values)
            for name, value in values.items():
                setattr(survey, name, value)
            _check(survey)
            if ref and _state(survey) == before:
                return survey
            survey.prepare_keys()
            survey.version += 1 if ref else 0
            survey.save()
            _log(by, survey, before)
    except IntegrityError as error:  # two at once with one name
        raise InvalidError(violation_in_words(error, (Survey,)), field="name") from error
    return survey


def _values_of(fields: SurveyFields) -> dict[str, Any]:
    given = asdict(fields) | {"division": fields.division, "name": tidy(fields.name)}
    return given


def _questions_of(fields: SurveyFields) -> str:
    """Return the questions of a survey of needs, one a line. Raises InvalidError for too many, too long or double ones."""
    lines = [line for each in fields.questions.splitlines() if (line := tidy(each))]
    wrong = ""
    if fields.kind != Survey.Kind.NEEDS:
        if lines:
            wrong = "满意度调查用统一的题目，不另列；要问需求的，请把类别改为“需求”。"
    elif not lines:
        wrong = "请写出需求调查的题目，每行一个。"
    elif len(lines) > MOST_QUESTIONS:
        wrong = f"题目最多{MOST_QUESTIONS}个，现在有{len(lines)}个，请合并或者删去一些。"
    elif len(set(lines)) < len(lines):
        twice = next(line for line in lines if lines.count(line) > 1)
        wrong = f"题目“{twice}”写了两次，请删去一个。"
    else:
        long = next((line for line in lines if len(line) > LONGEST_QUESTION), "")
        wrong = f"题目“{long[:20]}…”太长，最多{LONGEST_QUESTION}个字。" if long else ""
    if wrong:
        raise InvalidError(wrong, cure="The questions do not fit the kind of the survey.", field="questions")
    return "\n".join(lines)


def _refuse_unless_may_run(by: Actor, division: Division) -> None:
    if not has_right(by, MAY_RUN):
        raise NotAllowedError(
            "您的角色不能组织调查，请联系县（市、区）或市局。", cure=f"The role of {by.username} may not run surveys."
        )
    if not divisions_with_surveys_of(by).filter(pk=division.pk).exists():
        raise NotAllowedError(
            f"{division.name}的调查不由您组织，请选择本单位。",
            cure=f"{by.username} may not run surveys of {division.code}.",
            field="division",
        )


def _locked(by: Actor, ref: str, version: int) -> Survey:
    found = Survey.objects.visible_to(by).select_for_update(of=("self",)).select_related("division")
    survey: Survey | None = found.filter(ref=ref).first()
    if survey is None:
        raise NotFoundError("没有找到这个调查，请回到调查列表看看。", cure=f"There is no survey {ref}.")
    if survey.version != version:
        raise StaleError(
            "您打开页面以后，有人改过这个调查，没有保存；请重新打开这一页再改。",
            cure="The survey was changed since it was read.",
        )
    return survey


def _refuse_late_changes(survey: Survey, values: dict[str, Any]) -> None:
    """Raise InvalidError for a change of what counts mean, once they may have been entered."""
    changed = {name for name, value in values.items() if getattr(survey, name) != value}
    if survey.state == Survey.State.CLOSED and changed:
        raise InvalidError(
            "调查已结束，不能再修改；确需修改的，请先“重新填报”。", cure="A closed survey does not change."
        )
    if survey.state == Survey.State.COLLECTING and (late := sorted(changed - SET_WHILE_COLLECTING)):
        label = field_of(Survey, late[0]).verbose_name
        raise InvalidError(
            f"调查正在填报，不能再改“{label}”；要问别的，请另建一个调查。",
            cure=f"A survey that is collecting keeps its {late[0]}.",
            field=late[0],
        )


def _check(survey: Survey) -> None:
    refuse_personal_numbers(survey.name, what="调查名称", field="name")
    refuse_personal_numbers(survey.questions, what="题目", field="questions")
    try:
        survey.full_clean(exclude=["division"])
    except ValidationError as error:
        raise InvalidError(
            "".join(error.messages), cure="The survey cannot be saved.", field=field_at_fault(error)
        ) from error


def _state(survey: Survey) -> dict[str, Any]:
    return {
        "division": survey.division_id,
        "name": survey.name,
        "kind": survey.kind,
        "starts_on": survey.starts_on,
        "ends_on": survey.ends_on,
        "method": survey.method,
        "by_third_party": survey.by_third_party,
        "questions": survey.questions,
    }


def _log(by: Actor, survey: Survey, before: dict[str, Any]) -> None:
    """Log the change. No month becomes stale: a survey counts once it is closed, and then it does not change."""
    after = _state(survey)
    changed = differing(before, after) if before else {"before": {}, "after": after}
    change_set = begin_change_set(
        by=by,
        summary=f"{'修改' if before else '新增'}调查：{survey.division.name}{survey.name}",
        division=survey.division,
        affects_figures=False,
    )
    log_changes(change_set, [change_of(survey, division=survey.division_id, **changed)])
