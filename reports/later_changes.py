"""Whether the figures of an edition that was issued would be others today (docs/domain.md §7.5)."""

from __future__ import annotations

from django.db.models import Q

from changzhi_portal.rights import Actor
from communities.models import Division
from reports.models import Briefing
from reports.sources import measured_at_of, sources_of
from revisions.models import LockedChange, LockedComparison
from targets.models import Computation


def has_changed_since(briefing: Briefing, user: Actor) -> bool:
    """Return whether figures of an issued edition would be others today, as far as the user may see; False for one not issued."""
    if not briefing.is_published:
        return False
    if briefing.period.is_locked:
        return _has_changed_since_lock(briefing, user)
    if not Computation.objects.is_up_to_date(briefing.period):
        return True
    # Since its figures were taken, which is before it was reviewed.
    return measured_at_of(briefing.sources) != measured_at_of(sources_of(briefing))


def _has_changed_since_lock(briefing: Briefing, user: Actor) -> bool:
    """Return whether computing the locked month again would change figures of this edition.

    A corrected edition includes what was known when it was issued: only later comparisons count.
    """
    comparison = LockedComparison.objects.filter(period=briefing.period).first()
    issued_at = briefing.issued_at if briefing.edition > 1 else None
    if comparison is None or (issued_at and comparison.finished_at and comparison.finished_at < issued_at):
        return False
    changes = LockedChange.objects.visible_to(user).of_period(briefing.period)
    division = briefing.division
    # By the divisions of that month: today the towns of a closed county no longer belong to it.
    of_county = changes.filter(Q(division=division) | Q(division__parent=division))
    return (changes if division.level == Division.Level.CITY else of_county).exists()
