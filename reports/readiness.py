"""What an issue still lacks, in sentences: shown beside a draft, and asked before it is approved."""

from __future__ import annotations

from django.utils import timezone

from communities.models import Division
from periods.models import ReportingPeriod
from reports.models import Briefing
from submissions.actions.locking import Outstanding, outstanding_counties
from submissions.models import Submission

_MOST_NAMED = 5


def outstanding_for(period: ReportingPeriod, division: Division) -> list[Outstanding]:
    """Return the counties of a division's issue whose report of the month is not accepted, by code."""
    outstanding = outstanding_counties(period)
    if division.level == Division.Level.CITY:
        return outstanding
    return [each for each in outstanding if each.county.pk == division.pk]


def outstanding_text(period: ReportingPeriod, division: Division) -> str:
    """Return 还有2个县（市、区）的上报没有接收：襄垣县（未上报）、长子县（已退回）; "" when all are accepted."""
    outstanding = outstanding_for(period, division)
    if not outstanding:
        return ""
    named = "、".join(f"{each.county.name}（{each.label}）" for each in outstanding[:_MOST_NAMED])
    others = "等" if len(outstanding) > _MOST_NAMED else ""
    if division.level != Division.Level.CITY:
        return f"本{division.name[-1]}的上报没有接收（{outstanding[0].label}）"
    waiting = sum(each.state == Submission.State.SUBMITTED for each in outstanding)
    told = f"，其中{waiting}个已经上报，等待市局审核" if waiting else ""
    return f"还有{len(outstanding)}个县（市、区）的上报没有接收：{named}{others}{told}"


def what_is_missing(briefing: Briefing) -> list[str]:
    """Return what an edition lacks before it can be issued, one sentence each; [] when nothing does."""
    period, missing = briefing.period, []
    if period.as_of >= timezone.localdate():
        missing.append(f"{period}还没有结束，数据到月末才定。")
    outstanding = outstanding_text(period, briefing.division)
    if outstanding:
        missing.append(f"{outstanding}。")
    if briefing.state == Briefing.State.FAILED:
        missing.append(f"草稿没有生成：{briefing.message}")
    if not briefing.next_steps and briefing.is_draft:
        missing.append("“下步工作”只有按数据生成的部分，还没有填写。")
    return missing
