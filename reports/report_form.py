"""The printed form of a county's month (上报表): the figures that its people sign and seal (docs/domain.md §6).

Figures are those that the month has been computed with, which a lock freezes. Numbers of records and changes are read when
the form is made; the form says so.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from changzhi_portal.display import DASH, display_number
from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.quality import Subject
from changzhi_portal.rights import Actor
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models import Community
from periods.models import ReportingPeriod
from reports.figures import issuing_office
from socialworkers.models import Posting, SocialWorker
from submissions.changes import RegisterChanges, changes_of_month, count_by_register, time_of_edits
from submissions.checks import Area
from submissions.models import Submission
from targets.models import Computation, TargetResult
from targets.wording import bound_text, own_figure_text, result_text

State = Submission.State


@dataclass(frozen=True)
class TargetRow:
    """One target's row: what it requires, and how the county's units stand, as texts and counts."""

    name: str
    bounds: str
    judged: int
    reached: int
    unmet: int
    unknown: int
    figure: str
    gap: str


@dataclass(frozen=True)
class RegisterRow:
    """One register's row: the number of its records on the last day of the month, and the changes of the month."""

    title: str
    records: int
    changes: RegisterChanges


@dataclass(frozen=True)
class Explanation:
    """What the county has explained about one finding; numbers of persons that slipped in are masked."""

    label: str
    place: str
    title: str
    message: str
    text: str


@dataclass(frozen=True)
class ReportForm:
    """The whole form. `draft` is what a form that is not reported is marked with, "" for one that is."""

    submission: Submission
    office: str
    made_on: datetime.date
    draft: str
    state: str
    reported_by: str
    targets: tuple[TargetRow, ...]
    computed_at: datetime.datetime | None
    registers: tuple[RegisterRow, ...]
    explanations: tuple[Explanation, ...]
    is_demo: bool

    @property
    def period(self) -> ReportingPeriod:
        """Return the month of the form."""
        return self.submission.period

    @property
    def title(self) -> str:
        """Return the heading: 城区2018年6月城乡社区治理情况上报表."""
        return f"{self.submission.county.name}{self.period}城乡社区治理情况上报表"


def report_form(submission: Submission, user: Actor) -> ReportForm:
    """Return the form of a county's month, which may not be reported yet, with what lies in the user's scope."""
    county, period = submission.county, submission.period
    computation = Computation.objects.of_period(period)
    results = TargetResult.objects.visible_to(user).for_period(period).of_division(county)
    return ReportForm(
        submission=submission,
        office=issuing_office(county),
        made_on=timezone.localdate(),
        draft=_draft_mark(submission),
        state=_state_in_words(submission),
        reported_by=_name_of_reporter(submission),
        targets=tuple(_target_row(result) for result in results),
        computed_at=computation.finished_at if computation else None,
        registers=_register_rows(submission, user),
        explanations=tuple(_explanation(stored) for stored in submission.explanations.values())
        if submission.is_reported
        else (),
        is_demo=settings.DEMO,
    )


def form_markup(form: ReportForm) -> str:
    """Return the form as one HTML document, for `reports.pdf.print_markup`."""
    return render_to_string("reports/report_form/document.html", {"report": form})


def _draft_mark(submission: Submission) -> str:
    if submission.is_reported:
        return ""
    return "草稿（退回后未重报）" if submission.state == State.RETURNED else "草稿（未上报）"


def _state_in_words(submission: Submission) -> str:
    words = {
        State.NOT_STARTED: "未上报",
        State.SUBMITTED: "已上报，待市局审核",
        State.RETURNED: "已退回，未重报",
        State.ACCEPTED: "已上报，市局已接收",
    }
    late = "（迟报）" if submission.is_late else ""
    return words[State(submission.state)] + late


def _name_of_reporter(submission: Submission) -> str:
    """Return who has reported; "" for a draft, and for a report of the bureau, which the county's people sign by hand."""
    if not submission.is_reported or submission.is_on_behalf:
        return ""
    return str(submission.submitted_by)


def _target_row(result: TargetResult) -> TargetRow:
    target = result.target
    return TargetRow(
        name=target.short_name,
        bounds=bound_text(target),
        judged=result.judged,
        reached=result.reached,
        unmet=result.unmet,
        unknown=result.unknown,
        figure=own_figure_text(result) if target.judges_figure else result_text(result),
        # What counties miss of a figure of divisions does not add up.
        gap=f"{display_number(result.gap)}{target.unit}" if result.unmet and not target.judges_figure else DASH,
    )


def _register_rows(submission: Submission, user: Actor) -> tuple[RegisterRow, ...]:
    """Return a row for every register that is asked each month, with the records of the county's places of that month. A query for each register."""
    county, day = submission.county, submission.period.as_of
    area, whole_city = Area(county, day), f"{county.path.split('/')[0]}/"
    changes = count_by_register(changes_of_month(submission, user, edited_in=time_of_edits(submission)))
    rows = []
    for changed in changes:
        sheet = changed.register
        if not sheet.is_needed:
            continue
        inside: ScopedQuerySet = sheet().standing(whole_city, day)  # type: ignore[assignment]
        number = inside.visible_to(user).filter(_lies_in(area, sheet.model)).order_by().count()
        rows.append(RegisterRow(sheet.title, number, changed))
    return tuple(rows)


def _lies_in(area: Area, model: type[ScopedModel]) -> Q:
    """Return the condition that a record of a register lies in the area; a worker lies where the newest posting is."""
    if model is SocialWorker:
        newest = Posting.objects.filter(area.contains(Subject(Posting)), is_newest=True)
        return Q(pk__in=newest.order_by().values("worker"))
    if model is Community:
        return area.contains(Subject(model, community=""))
    has_community = any(field.name == "community" for field in model._meta.get_fields())
    return area.contains(Subject(model, community="community" if has_community else None))


def _explanation(stored: dict[str, str]) -> Explanation:
    texts = {name: mask_slipped_numbers(stored.get(name, "")) for name in Explanation.__dataclass_fields__}
    return Explanation(**texts)
