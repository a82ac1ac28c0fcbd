"""Issuing on the day of publication what may be issued, and telling the bureau what the others lack.

Beat calls this every few minutes: what was due while beat was away is done by the next run, and two runs at once issue an
edition once, because every move is one conditional UPDATE (`reports.flow`).
"""

from __future__ import annotations

import datetime
import logging
from collections import defaultdict
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changzhi_portal.refusals import PortalError, StaleError
from notices.actions import Message, notify
from periods.models import ReportingPeriod
from periods.workdays import is_workday
from reports.actions.drafting import prepare_briefing
from reports.actions.issuing import request_issue
from reports.models import Briefing, BriefingSettings, PublicationDay
from reports.publication import publications_until
from reports.readiness import outstanding_for, what_is_missing
from reports.sources import is_outdated

logger = logging.getLogger(__name__)
FIRST_HOUR = 8  # of the day (local time) at which issues appear
Stage, State = Briefing.Stage, Briefing.State


class Lacking(NamedTuple):
    """An issue that was to appear and cannot, and what it lacks, in sentences."""

    day: PublicationDay
    sentences: list[str]

    @property
    def title(self) -> str:
        """Return what the issue is called."""
        return f"{self.day.period}{self.day.division.name}简报"


def publish_due(*, moment: datetime.datetime) -> list[Lacking]:
    """Begin, issue or leave as a draft each issue whose day has come; return what could not be issued. Idempotent.

    The bureau is told of those once a working day.
    """
    local = timezone.localtime(moment)
    if local.hour < FIRST_HOUR:
        return []
    lacking = []
    for chosen in BriefingSettings.objects.filter(publication_day__isnull=False).select_related("division__parent"):
        for day in _days_not_done(chosen, local.date()):
            sentences = _publish(day, chosen)
            if sentences:
                lacking.append(Lacking(day, sentences))
    if lacking and is_workday(local.date()):
        _tell(lacking, local.date())
    return lacking


def _days_not_done(chosen: BriefingSettings, today: datetime.date) -> list[PublicationDay]:
    """Return the days of publication of a division that have come and whose issue is not out, oldest first."""
    known = set(PublicationDay.objects.filter(division=chosen.division).values_list("period__month", flat=True))
    come = {month: due_on for month, due_on in publications_until(chosen, today) if month not in known}
    for period in ReportingPeriod.objects.filter(month__in=come):
        closed_on = chosen.division.valid_to
        if closed_on is not None and closed_on <= period.as_of:
            continue  # it has no issues any more, and nobody could change its settings
        PublicationDay.objects.get_or_create(
            division=chosen.division, period=period, defaults={"due_on": come[period.month]}
        )
    waiting = PublicationDay.objects.filter(division=chosen.division, done_at__isnull=True)
    return list(waiting.select_related("period", "division__parent").order_by("period__month"))


def _publish(day: PublicationDay, chosen: BriefingSettings) -> list[str]:
    """Do what can be done for one issue and return what it lacks; [] if it is out or on its way."""
    try:
        return _advance(day, chosen)
    except StaleError as moved:  # somebody, or another beat, has moved it meanwhile: the next run sees where it is
        logger.info("The issue of %s was moved meanwhile: %s", day, moved.cure)
        return []
    except PortalError as refusal:
        logger.warning("The issue of %s cannot be published: %s", day, refusal.cure)
        return [str(refusal)]
    except (OperationalError, InterfaceError):  # the database is away: nothing can be done for the others either
        raise
    except Exception:
        logger.exception("The issue of %s cannot be published", day)
        return ["印发时系统出错，请联系系统管理员。"]


def _advance(day: PublicationDay, chosen: BriefingSettings) -> list[str]:
    editions = Briefing.objects.of_issue(day.period, day.division, Briefing.Span.MONTH)
    briefing = editions.filter(edition=1).select_related("period", "division").defer("figures", "lists").first()
    if briefing is None:
        briefing = prepare_briefing(period=day.period, division=day.division, by=None, edition=1)
    if briefing.is_published:
        PublicationDay.objects.filter(pk=day.pk, done_at__isnull=True).update(done_at=briefing.issued_at)
        return []
    if briefing.stage == Stage.ISSUING:
        return [f"印发时没有生成：{briefing.message}"] if briefing.state == State.FAILED else []
    if briefing.stage == Stage.APPROVED:
        request_issue(briefing)
        return []
    if chosen.needs_approval or outstanding_for(day.period, day.division) or briefing.state == State.FAILED:
        step = "还没有签发。" if briefing.stage == Stage.REVIEWED else "草稿还没有审核、签发。"
        return [*what_is_missing(briefing), *([step] if chosen.needs_approval else [])]
    last = briefing.steps.last()
    if briefing.is_draft and last is not None and last.move == "send_back":
        return [f"已退回修改：{last.note}。请改好后审核。"]  # a person wants it to wait
    if briefing.is_in_progress:
        return []
    if briefing.is_draft and is_outdated(briefing):
        prepare_briefing(period=day.period, division=day.division, by=None, edition=1)
        return []
    request_issue(briefing)
    return []


def _tell(lacking: list[Lacking], today: datetime.date) -> None:
    """Tell each user of the bureau of all that is lacking in one notice, each issue once a day."""
    with transaction.atomic():
        untold = [
            each
            for each in lacking
            if PublicationDay.objects.filter(pk=each.day.pk).exclude(told_on=today).update(told_on=today)
        ]
        by_user: dict[User, list[Lacking]] = defaultdict(list)
        for each in untold:
            for user in User.objects.who_may("may_print_briefing", each.day.division):
                by_user[user].append(each)
        notify(_message(user, of_user) for user, of_user in by_user.items())


def _message(user: User, lacking: list[Lacking]) -> Message:
    if len(lacking) == 1:
        (only,) = lacking
        briefing = Briefing.objects.of_issue(only.day.period, only.day.division, Briefing.Span.MONTH).only("ref").last()
        url = briefing.get_absolute_url() if briefing is not None else reverse("reports:briefings")
        return Message(
            user, f"{only.title}到了印发日还没有印发", "".join(only.sentences), url, kind="briefing_not_issued"
        )
    text = "\n".join(f"{each.title}：{''.join(each.sentences)}" for each in lacking)
    title = f"{len(lacking)}期简报到了印发日还没有印发"
    return Message(user, title, text, reverse("reports:briefings"), kind="briefing_not_issued")
