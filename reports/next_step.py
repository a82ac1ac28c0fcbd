"""What a user does next about the month in hand, by role: one sentence and one link, at the top of the dashboard."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from django.urls import reverse

from changzhi_portal.rights import Actor, has_right
from communities.models import Division
from periods.models import ReportingPeriod
from reports.models import Briefing
from submissions.models import Submission
from submissions.report_status import Phase, deadline_text, month_status, phase_of, reporting_counties


class NextStep(NamedTuple):
    """A sentence, and the link with its label; both "" where there is nothing to open."""

    text: str
    label: str = ""
    url: str = ""


def newest_briefing(user: Actor) -> Briefing | None:
    """Return the newest briefing in force; one of the user's division takes precedence over those below it."""
    issued = Briefing.objects.visible_to(user).in_force().select_related("period", "division")
    newest_first = issued.order_by("-period__month", "division__path", "span", "-edition")
    return newest_first.defer("figures", "lists").first()


def no_briefing_text(user: Actor, *, where: str = "这里") -> str:
    """Return what a user who has no briefing yet is told: 还没有简报，市局印发本县的简报后会出现在这里。"""
    if has_right(user, "may_print_briefing"):
        return f"还没有简报，生成后会出现在{where}。"
    level = user.division.level
    own = f"本{user.division.name[-1]}的" if level == Division.Level.COUNTY else ""
    return f"还没有简报，市局印发{own}简报后会出现在{where}。"


def next_step(user: Actor, day: datetime.date) -> NextStep:
    """Return the step of a user on `day`: the bureau reviews or reminds, clerks report, others read the briefing."""
    if not user.role.may_upload:
        return _read_briefing(user)
    period = ReportingPeriod.objects.in_hand(day)
    if period is None:
        return _read_briefing(user)
    if user.role.may_review:
        return _review(user, period)
    if user.division.level == Division.Level.TOWN:
        return NextStep(
            f"{period}的登记表有变化的，请上传。{deadline_text(period, day)}。", "上传登记表", reverse("uploads:list")
        )
    return _report(user, period, day)


def _read_briefing(user: Actor) -> NextStep:
    briefing = newest_briefing(user)
    if briefing is None:
        return NextStep(no_briefing_text(user, where="首页"))
    text = f"{briefing.division.name}{briefing.period}简报已印发。"
    return NextStep(text, "打开简报（PDF）", reverse("reports:briefing_pdf", args=[briefing.ref]))


def _review(user: Actor, period: ReportingPeriod) -> NextStep:
    status = month_status(period, reporting_counties(period).visible_to(user))
    url = f"{reverse('submissions:submissions')}?period={period.code}"
    waiting, unreported = status.waiting, status.unreported
    if waiting:
        owing = f"，另有{len(unreported)}个没有上报" if unreported else ""
        return NextStep(f"{period}有{len(waiting)}个县（市、区）的上报等待审核{owing}。", "审核上报", url)
    if unreported:
        names = "、".join(each.county.name for each in unreported[:3])
        others = f"等{len(unreported)}个县（市、区）" if len(unreported) > 3 else ""
        return NextStep(f"{period}还没有上报：{names}{others}。", "查看并催报", url)
    return NextStep(f"{period}各县（市、区）都已上报。", "编发简报", reverse("reports:briefings"))


def _report(user: Actor, period: ReportingPeriod, day: datetime.date) -> NextStep:
    reports = month_status(period, reporting_counties(period).visible_to(user)).submissions
    first = next((each for each in reports if not each.is_reported), None)
    if first is None:
        return NextStep(f"{period}已经上报。", "查看上报", reverse("submissions:submissions"))
    url = reverse("submissions:submission", args=[first.ref])
    if first.state == Submission.State.RETURNED:
        return NextStep(f"{period}的上报被退回，请按意见改正。", "改正后重新上报", url)
    if phase_of(period, day) == Phase.CLOSED:
        return NextStep(f"{period}还没有上报。{deadline_text(period, day)}。", "查看上报", url)
    return NextStep(f"{period}还没有上报：先看还缺哪些登记表。{deadline_text(period, day)}。", "检查并上报", url)
