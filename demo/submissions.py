"""How the counties of the demo report each month: mostly on time, some late, returned or not at all."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import Role, User
from changzhi_portal.quality import Finding
from communities.models import Division
from demo.accounts import CITY, OFFICER
from demo.fake_data import FakeData
from demo.span import Span
from periods.models import ReportingPeriod, month_after
from submissions.actions import accept_submission, return_submission, submit_month
from submissions.checks import findings_for
from submissions.models import Submission, SubmissionStep, explanation_key
from submissions.report_status import reporting_counties

Kind = SubmissionStep.Kind
ALWAYS_LATE = "140427"  # 壶关县, in every third month
RETURNED_IN_AUTUMN = "140430"  # 沁县
MISSING_IN_ARREARS = "140429"  # 武乡县
LATE_SHARE, RETURNED_SHARE = 0.03, 0.03
# The state of the counties' reports of the month in hand, by the codes before and after the merger. The other counties
# have not reported it, but some have sent some of their registers.
ACCEPTED_IN_HAND = frozenset({"140406", "140426", "140431", "140481"})
WAITING_IN_HAND = frozenset({"140404", "140428", "140421"})
RETURNED_IN_HAND = frozenset({"140405", "140424"})
SENT_IN_PART = {
    "140402": ("communities", "facilities"),
    "140423": ("communities", "facilities"),
    "140425": ("communities",),
    "140430": ("communities", "workers"),
}
NOTE_IN_HAND = "本月农村社区专业人才增加较多，请在情况说明中写明依据，核对后重新上报。"
NOTES = (
    "本月新增的服务设施有2处没有填居民活动面积，请补填后重新上报。",
    "花名册里有1人的到岗日期与上月不一致，请核对后重新上报。",
    "常住人口有变动的村没有写明原因，请在情况说明中补写。",
    "社会组织注销的请一并填写注销日期，核对后重新上报。",
)
EXPLANATIONS = {
    "population_missing": "该村正在整村搬迁，人口核实后下月补报。",
    "population_unlike_peers": "已与派出所核对，人口数无误。",
    "committee_denied": "居（村）民委员会正在换届，选出后即更新。",
    "urban_without_facility": "新建社区，服务用房正在协调，已列入今年计划。",
    "facility_area_jumped": "新建的综合服务设施已启用，面积以验收单为准。",
    "facility_unlike_peers": "该处与乡镇合用，面积以产权证为准。",
    "project_past_its_end": "项目已结束，正在组织验收，结果下月填报。",
    "worker_name_twice": "已核对身份证，同名不同人。",
}
EXPLAINED_OTHERWISE = "已逐项核对，情况属实。"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a county's report: its kind, time, and the note of a return."""

    kind: Kind
    at: datetime.datetime
    note: str = ""
    by_bureau: bool = False


def steps_of(county_code: str, month: datetime.date, span: Span) -> list[Step]:
    """Return all steps of a county's report of a month in order; none where it has not reported the month."""
    fake = FakeData("submission", county_code, f"{month:%Y-%m}")
    if month == span.last:
        return _steps_in_hand(county_code, month, fake)
    if month == span.in_arrears and county_code == MISSING_IN_ARREARS:
        return []
    is_late = fake.chance(LATE_SHARE) or (county_code == ALWAYS_LATE and month.month % 3 == 2)
    submitted = Step(Kind.SUBMITTED, _moment(month, fake.number(*((6, 14) if is_late else (1, 5))), fake))
    if county_code == MISSING_IN_ARREARS and month.month == 2:
        # After ReportingPeriod.late_until only the bureau may report, on the county's behalf.
        submitted = Step(Kind.SUBMITTED, _moment(month, fake.number(16, 18), fake), by_bureau=True)
    steps = [submitted]
    is_returned = county_code == RETURNED_IN_AUTUMN and month.month == 10
    if is_returned or (not is_late and not submitted.by_bureau and fake.chance(RETURNED_SHARE)):
        steps += _return_and_resubmission(submitted, fake)
    return [*steps, Step(Kind.ACCEPTED, steps[-1].at + datetime.timedelta(days=1, minutes=fake.number(5, 90)))]


def _return_and_resubmission(submitted: Step, fake: FakeData) -> list[Step]:
    returned = Step(Kind.RETURNED, submitted.at + datetime.timedelta(days=1, minutes=20), note=fake.one_of(NOTES))
    return [returned, Step(Kind.SUBMITTED, returned.at + datetime.timedelta(days=1, minutes=fake.number(5, 200)))]


def _steps_in_hand(county_code: str, month: datetime.date, fake: FakeData) -> list[Step]:
    submitted = Step(Kind.SUBMITTED, _moment(month, fake.number(1, 2), fake))
    a_day_later = submitted.at + datetime.timedelta(days=1)
    if county_code in ACCEPTED_IN_HAND:
        return [submitted, Step(Kind.ACCEPTED, a_day_later)]
    if county_code in RETURNED_IN_HAND:
        return [submitted, Step(Kind.RETURNED, a_day_later, note=NOTE_IN_HAND)]
    return [submitted] if county_code in WAITING_IN_HAND else []


def has_sent(county_code: str, register: str) -> bool:
    """Return whether a county has sent its rows of a register for the month in hand."""
    has_reported = county_code in ACCEPTED_IN_HAND | WAITING_IN_HAND | RETURNED_IN_HAND
    return has_reported or register in SENT_IN_PART.get(county_code, ())


def _moment(month: datetime.date, day: int, fake: FakeData) -> datetime.datetime:
    """Return a time in office hours on the given day of the following month."""
    when = datetime.time(fake.number(9, 16), fake.number(0, 59))
    return timezone.make_aware(datetime.datetime.combine(month_after(month).replace(day=day), when))


def report_month(period: ReportingPeriod, span: Span) -> None:
    """Submit, return and accept the counties' reports of a month in order of time; skip steps that were taken before.

    The checks run once for the whole city instead of for each county, which would take a minute over all months.
    """
    officer = User.objects.select_related("division").get(username=OFFICER)
    counties = list(reporting_counties(period))
    taken = {each.county_id: each for each in Submission.objects.for_period(period).with_steps()}
    findings = findings_for(period=period, division=Division.objects.by_code(CITY)).all()
    ahead = []
    for county in counties:
        steps = steps_of(county.code, period.month, span)
        done = taken[county.pk].steps.count() if county.pk in taken else 0
        ahead += [(step.at, county, step) for step in steps[done:]]
    for _, county, step in sorted(ahead, key=lambda each: (each[0], each[1].code)):
        _apply_step(step, period, county, officer, [each for each in findings if each.path.startswith(county.path)])


def _apply_step(
    step: Step, period: ReportingPeriod, county: Division, officer: User, findings: Sequence[Finding]
) -> None:
    if step.kind == Kind.SUBMITTED:
        submit_month(
            period=period,
            county=county,
            by=officer if step.by_bureau else _clerk_of(county),
            explanations=_explanations_of(findings),
            at=step.at,
            findings=findings,
        )
        return
    submission = Submission.objects.select_related("period", "county").get(period=period, county=county)
    if step.kind == Kind.RETURNED:
        return_submission(submission=submission, note=step.note, by=officer, at=step.at)
    else:
        accept_submission(submission=submission, by=officer, at=step.at)


def _clerk_of(county: Division) -> User:
    """Return the county's clerk; after a merger the first by user name."""
    clerks = User.objects.filter(role=Role.DISTRICT_CLERK, division=county).select_related("division")
    clerk = clerks.order_by("username").first()
    if clerk is None:
        raise AssertionError(f"{county.code} has no clerk.")
    return clerk


def _explanations_of(findings: Sequence[Finding]) -> dict[str, str]:
    return {
        explanation_key(finding.rule.code, finding.ref): EXPLANATIONS.get(finding.rule.code, EXPLAINED_OTHERWISE)
        for finding in findings
    }
