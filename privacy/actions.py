"""Wiping what has been kept long enough, by the rules of all apps (docs/privacy.md)."""

from __future__ import annotations

import datetime
import logging
from typing import NamedTuple

from django.utils import timezone

from accounts.actions.trail import portal_itself
from changelog.trail import TrailKind, record_event
from changzhi_portal.retention import RetentionRule, retention_rules

logger = logging.getLogger(__name__)


class Wiping(NamedTuple):
    """What a rule has wiped, or would wipe."""

    rule: RetentionRule
    before: datetime.datetime
    number: int


def expired(*, now: datetime.datetime | None = None) -> list[Wiping]:
    """Return what the rules would wipe now; nothing is changed."""
    return [Wiping(rule, _before(rule, now), rule.count(_before(rule, now))) for rule in retention_rules()]


def wipe_expired(*, now: datetime.datetime | None = None) -> list[Wiping]:
    """Wipe what has been kept long enough, rule by rule, and record in the trail what was done.

    A rule that fails keeps none of the others from being carried out; RuntimeError says afterwards which ones have.
    """
    done: list[Wiping] = []
    failed = []
    for rule in retention_rules():
        before = _before(rule, now)
        try:
            wiping = Wiping(rule, before, rule.wipe(before))
        except Exception:
            logger.exception("The rule %s could not be carried out", rule.name)
            failed.append(rule.name)
            continue
        if wiping.number:
            record_event(
                TrailKind.WIPED,
                by=portal_itself(),
                label=f"{rule.title}（保存{rule.days}天）",
                rows=wiping.number,
                detail={"rule": rule.name, "before": before.isoformat()},
            )
            logger.info("Wiped %s of rule %s, older than %s", wiping.number, rule.name, before.date())
        done.append(wiping)
    if failed:
        raise RuntimeError(f"Not everything was wiped; the log says why: {', '.join(failed)}.")
    return done


def _before(rule: RetentionRule, now: datetime.datetime | None) -> datetime.datetime:
    return (now or timezone.now()) - datetime.timedelta(days=rule.days)
