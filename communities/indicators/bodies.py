"""The figure of communities whose bodies of self-government are complete (组织健全) [四（一）1]."""

from __future__ import annotations

import datetime

from django.db.models import Case, F, IntegerField, Q, Value, When

from changzhi_portal.figures import Figure, FigureKind, Rows, Shown
from communities.models import Community, GovernanceBody


def _judged(first: datetime.date, last: datetime.date) -> Rows:
    """Return the communities that have reported bodies: 1 of 1 where all are there.

    One that left a body out is judged too, and is not complete: its office has to say so; one that said nothing is not
    judged. Bodies have no days: the verdict is today's, and a locked month keeps what it was at the lock.
    """
    judged = Community.objects.with_bodies_verdict().filter(pk__in=_reported(last))
    complete = Case(
        When(bodies_verdict=GovernanceBody.Verdict.COMPLETE, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return judged.order_by().values(community_id=F("pk"), numerator=complete, denominator=Value(1))


def _reported(last: datetime.date) -> Rows:
    """Return the communities of which some body was reported."""
    said = GovernanceBody.objects.filter(Q(exists__isnull=False) | Q(number__isnull=False))
    return said.order_by().values("community_id")


BODIES_COMPLETE = Figure(
    code="bodies_complete",
    name="组织健全的社区占比",
    unit="%",
    clause="四（一）1",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_judged,
    reported=_reported,
    scored_only=True,
)
