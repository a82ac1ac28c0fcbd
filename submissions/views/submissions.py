"""Pages of the counties' reports: the list of a month, and one report with checks and steps (docs/domain.md §6)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.display import display_change
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ExportedPage, ShownList, column
from changzhi_portal.pages.panels import record_panels
from changzhi_portal.percent import percent, percent_text, percentage_points
from changzhi_portal.refusals import InvalidError, PortalError, StaleError
from changzhi_portal.rights import Actor
from notices.models import Notice
from periods.models import ReportingPeriod, month_after, parse_month
from submissions.actions.submitting import NOTE_LENGTH, accept_submission, return_submission, submit_month
from submissions.changes import records_changed_since
from submissions.comments import Threads, questions_as_note
from submissions.explanations import explanation_field, explanation_groups, given_explanations
from submissions.forms import StepForm
from submissions.models import Reminder, Submission, SubmissionStep, finding_of_key
from submissions.report_status import (
    Phase,
    ReportingRate,
    ReportStatus,
    deadline_text,
    month_status,
    months_due,
    phase_of,
    rates_by_county,
    report_status_of,
    reporting_counties,
    review_queue,
    submissions_of,
)
from targets.figure_values import change_of, change_text
from targets.judgement import figure_judged
from targets.models import Computation, Target, TargetResult
from targets.result_lists import ResultLists
from targets.wording import own_figure_text, result_text

_HARD_SHOWN = 20


class SubmissionList(ExportedPage):
    """The reports of a month by county, with their status and each county's rates over the last year."""

    requires = "may_see_submissions"
    title = "上报"
    template_name = "submissions/submissions.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the month of `?period=2018-06`, else the month in hand; with `?status=late` only those counties."""
        context = self._asked()
        return self.render_to_response(self.get_context_data(**context, **self.export_menu(len(context["rows"]))))

    def _asked(self) -> dict[str, Any]:
        """Return the month that the address asks for, and its rows."""
        day = timezone.localdate()
        periods = list(ReportingPeriod.objects.exclude(state=ReportingPeriod.State.UPCOMING).order_by("-month"))
        period = _chosen(periods, self.request.GET.get("period", ""), day)
        context = {"periods": periods, "period": period, "rows": []}
        return context if period is None else context | self._month(period, day)

    def shown_list(self) -> ShownList:
        """Return the month's reports; rates are in percent, with the numbers that they come from."""
        context = self._asked()
        columns = [
            column("county", "县（市、区）", lambda row: str(row["submission"].county)),
            column("state", "状态", lambda row: row["submission"].get_state_display()),
            column("is_late", "迟报", lambda row: row["submission"].is_late),
            column("submitted_at", "上报时间", lambda row: row["submission"].submitted_at),
            column("submitted_by", "上报人", lambda row: row["submission"].submitted_by),
            column("is_on_behalf", "市局代报", lambda row: row["submission"].is_on_behalf),
            column("times_returned", "退回次数", lambda row: getattr(row["submission"], "times_returned", 0)),
            column("return_note", "退回意见", lambda row: row["submission"].return_note),
            column(
                "completeness",
                f"{context.get('completeness_title', '完整率')}（%）",
                lambda row: row["rate"].completeness,
            ),
            column("timeliness", "按时率（%）", lambda row: row["rate"].timeliness),
            column("expected", "应报月数", lambda row: row["rate"].expected),
            column("reported", "已报月数", lambda row: row["rate"].actual),
            column("on_time", "按时月数", lambda row: row["rate"].on_time),
        ]
        if self.request.user.role.may_review:
            columns.append(column("reminded_on", "催报日期", lambda row: row["reminder"] and row["reminder"].day))
        title = f"{context['period'] or ''}{self.title}"
        return ShownList(title, self.title, tuple(columns), context["rows"], len(context["rows"]))

    def _month(self, period: ReportingPeriod, day: datetime.date) -> dict[str, Any]:
        user = self.request.user
        status = month_status(period, reporting_counties(period).visible_to(user))
        due = months_due(period, day)
        rates = rates_by_county([each.county for each in status.submissions], due)
        reminders = Reminder.objects.visible_to(user).for_period(period).newest_by_county()
        may_remind = user.role.may_review and phase_of(period, day) not in (Phase.LOCKED, Phase.NOT_OPEN)
        rows: list[dict[str, Any]] = [
            {
                "submission": each,
                "report_status": report_status_of(each),
                "rate": rates[each.county_id],
                "reminder": reminders.get(each.county_id),
                "may_remind": may_remind
                and not each.is_reported
                and not ((newest := reminders.get(each.county_id)) and newest.is_by_hand_on(day)),
            }
            for each in status.submissions
        ]
        asked = self.request.GET.get("status", "")
        chosen = ReportStatus(asked) if asked in ReportStatus.values else None
        context = {
            "status": status,
            "counts": _counts(status),
            "deadline": deadline_text(period, day) if phase_of(period, day) != Phase.LOCKED else "已锁定",
            "due_months": due,
            "completeness_title": f"近{len(due)}个月完整率",
            "rate_over_months": sum(rates.values(), ReportingRate()),
            "to_remind": sum(row["may_remind"] for row in rows),
            "rows": [row for row in rows if row["report_status"] == chosen] if chosen else rows,
            "chosen": chosen,
        }
        if len(status.submissions) == 1:
            context["months"] = submissions_of([status.submissions[0].county], due)
        return context


class SubmissionPage(FormPage):
    """One county's report of a month: checks, figures, past steps, and the next step."""

    requires = "may_see_registers"
    template_name = "submissions/submission.html"
    form_class = StepForm
    submission: Submission
    leads_to = ""  # where a decision leads

    def load(self) -> None:
        """Load the submission. Raises Http404 for a county outside the user's scope."""
        self.submission = find_submission(self.request, self.kwargs["ref"])

    def act(self, form: StepForm) -> str:
        """Make the step that the field `step` names."""
        user, submission, seen = self.request.user, self.submission, form.cleaned_data["steps_seen"]
        if form.cleaned_data["step"] == SubmissionStep.Kind.SUBMITTED:
            submit_month(
                period=submission.period,
                county=submission.county,
                by=user,
                explanations=given_explanations(submission.period, submission.county, self.request.POST),
                steps_seen=seen,
            )
            return f"{submission.county.name}{submission.period}已上报，请等待市局审核。"
        if submission.pk is None:
            raise StaleError("这个县还没有上报，请先催报。", cure="Nothing has been submitted yet.")
        if form.cleaned_data["step"] == SubmissionStep.Kind.RETURNED:
            note = form.cleaned_data["note"]
            return_submission(submission=submission, note=note, by=user, steps_seen=seen)
            return self._go_on(f"已退回{submission.county.name}{submission.period}的上报，填报员会收到通知。")
        accept_submission(submission=submission, by=user, steps_seen=seen)
        return self._go_on(f"已接收{submission.county.name}{submission.period}的上报。")

    def _go_on(self, done: str) -> str:
        """Lead to the next report that waits, else to the list of the month; return the message that says so."""
        queue = review_queue(self.submission, self.request.user)
        if queue.next is None:
            self.leads_to = f"{reverse('submissions:submissions')}?period={self.submission.period.code}"
            return f"{done}没有别的县（市、区）待审核了。"
        self.leads_to = next_url(queue.next)
        return (
            f"{done}还有{queue.number}个县（市、区）待审核，下面是{queue.next.county.name}{queue.next.period}的上报。"
        )

    def field_of(self, refusal: PortalError) -> str:
        """Return the form field of a refusal; for an explanation, the field of its finding."""
        what, _, key = refusal.field.partition(".")
        return explanation_field(key) if what == "explanations" else refusal.field

    def get_success_url(self) -> str:
        """Return the URL of the next report to review after a decision, otherwise of this page."""
        return self.leads_to or reverse("submissions:submission", args=[self.submission.ref])

    def get_title(self) -> str:
        """Return county and month."""
        if not hasattr(self, "submission"):
            return "上报"
        return f"{self.submission.county.name_today}{self.submission.period}上报"

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumb to the list of that month."""
        return [Crumb("上报", f"{reverse('submissions:submissions')}?period={self.submission.period.code}")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the submission and its month; the checks only until it is reported."""
        submission, user, day = self.submission, self.request.user, timezone.localdate()
        phase = phase_of(submission.period, day)
        is_open = phase not in (Phase.LOCKED, Phase.NOT_OPEN)
        steps = list(submission.steps.select_related("made_by")) if submission.pk else []
        context = super().get_context_data(
            submission=submission,
            period=submission.period,
            phase=phase,
            deadline=_deadline(submission, phase, day),
            steps=steps,
            may_submit=is_open
            and not submission.is_reported
            and user.role.may_submit
            and (phase != Phase.CLOSED or user.role.may_review),
            may_return=is_open and submission.is_reported and user.role.may_review,
            may_accept=is_open and submission.state == Submission.State.SUBMITTED and user.role.may_review,
            is_on_behalf=user.role.may_review,
            changed_since=records_changed_since(submission, user) if is_open else 0,
            figures=_key_figures(submission, user),
            queue=review_queue(submission, user) if user.role.may_review and submission.is_reported else None,
            is_next="next" in self.request.GET,
            computation=Computation.objects.of_period(submission.period),
            panels=record_panels(self.request, submission),
            notices=Notice.objects.visible_to(user).about(submission.ref).select_related("user").newest_first(),
            has_unseen_notices=Notice.objects.addressed_to(user).unseen().about(submission.ref).exists(),
            **kwargs,
        )
        return context | self._findings(kwargs["form"].errors)

    def _findings(self, errors: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Return the checks until it is reported, then the explanations, each with its comments; and the other comments."""
        submission, user, threads = self.submission, self.request.user, self._threads
        context: dict[str, Any] = {"may_comment": user.role.may_submit and not submission.period.is_locked}
        if submission.is_reported:
            stored = submission.explanations.values()
            keys = [finding_of_key(key) for key in submission.explanations]
            shown = set(keys)
            context["explained_rows"] = [
                {"stored": each, "thread": threads.at(*key)} for each, key in zip(stored, keys, strict=True)
            ]
        else:
            checks = explanation_groups(submission, user, self.request.POST, errors, threads)
            hard = checks.hard_findings(_HARD_SHOWN)
            soft = [explained.finding for group in checks.groups for explained in group.explained]
            shown = {(finding.rule.code, finding.ref) for finding in (*hard, *soft)}
            context["checks"] = checks
            context["hard_shown"] = [{"finding": each, "thread": threads.at(each.rule.code, each.ref)} for each in hard]
        return context | {"awaiting_county": threads.awaiting_county(), "other_threads": threads.besides(shown)}

    @cached_property
    def _threads(self) -> Threads:
        return Threads(self.submission, self.request.user)

    def get_initial(self) -> dict[str, Any]:
        """Propose as note of a return what the county has not answered yet."""
        if not (self.submission.is_reported and self.request.user.role.may_review):
            return super().get_initial()
        return {**super().get_initial(), "note": questions_as_note(self._threads, NOTE_LENGTH)}


def next_url(submission: Submission) -> str:
    """Return the URL of a report that is reviewed after another one: its page with the focus on the decision."""
    return f"{reverse('submissions:submission', args=[submission.ref])}?next"


def find_submission(request: PortalRequest, ref: str) -> Submission:
    """Return the submission with this ref (201806-140402), unsaved if nothing was submitted.

    Raises Http404 also for a county outside the user's scope and for one that did not exist in that month.
    """
    month, _, code = ref.partition("-")
    try:
        period = get_object_or_404(ReportingPeriod, month=parse_month(f"{month[:4]}-{month[4:]}"))
    except InvalidError as error:
        raise Http404 from error
    status = month_status(period, reporting_counties(period).visible_to(request.user).filter(code=code))
    if not status.submissions:
        raise Http404
    return status.submissions[0]


def _chosen(periods: list[ReportingPeriod], code: str, day: datetime.date) -> ReportingPeriod | None:
    """Return the month of that code; without a code the month in hand, else the newest. Raises Http404 if unknown."""
    if code:
        matching = [period for period in periods if period.code == code]
        if not matching:
            raise Http404
        return matching[0]
    return ReportingPeriod.objects.in_hand(day) or (periods[0] if periods else None)


def _counts(status: Any) -> list[tuple[ReportStatus, int]]:
    return [(report_status, len(status.of(report_status))) for report_status in ReportStatus]


def _deadline(submission: Submission, phase: Phase, day: datetime.date) -> str:
    """Return the deadline of the report; once it is reported, only the due day."""
    if phase in (Phase.LOCKED, Phase.NOT_OPEN):
        return phase.label
    if submission.is_reported:
        due = submission.period.due_on
        return f"{due.month}月{due.day}日截止"
    return deadline_text(submission.period, day)


def _key_figures(submission: Submission, user: Actor) -> list[dict[str, Any]]:
    """Return the county's figure for each target, a rate or mean, with its change on the month before."""
    visible = TargetResult.objects.visible_to(user).select_related("target")
    last_month = month_after(submission.period.month, -1)
    of_last_month = visible.filter(period__month=last_month, division=submission.county)
    before = {result.target.code: result for result in of_last_month}
    return [
        _key_figure(result, before.get(result.target.code), submission)
        for result in visible.for_period(submission.period).of_division(submission.county)
    ]


def _key_figure(result: TargetResult, before: TargetResult | None, submission: Submission) -> dict[str, Any]:
    target = result.target
    lists = ResultLists.of(target, period=submission.period, division=submission.county)
    shown = {"result": result, "target": target, "lists": lists}
    if target.aggregate == Target.Aggregate.MEAN:
        then = None if before is None else before.value
        change = None if result.value is None or then is None else result.value - then
        points = display_change(change, decimals=2)
        return shown | {"figure": result_text(result), "change": points + (target.value_unit if change else "")}
    if target.judges_figure:
        then = None if before is None or not before.target.judges_figure else before.value
        of_figure = change_text(figure_judged(target), change_of(result.value, then))
        return shown | {"figure": own_figure_text(result), "change": of_figure}
    now = percent(result.reached, result.judged)
    was = None if before is None else percent(before.reached, before.judged)
    return shown | {"figure": percent_text(now), "change": display_change(percentage_points(now, was))}
