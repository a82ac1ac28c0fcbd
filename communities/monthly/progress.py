"""How far an office is with a month: which of its communities are entered, and which comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from changzhi_portal.rights import Actor
from communities.models import Community, CommunityProfile, Division, GovernanceBody, MonthlyReport
from communities.monthly.at_community import registers_at_communities
from communities.monthly.month import last_day_before
from periods.models import ReportingPeriod

BODIES = len(GovernanceBody.Kind)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many communities there are, and how many are entered."""

    total: int
    done: int

    @property
    def left(self) -> int:
        """Return how many are not entered."""
        return self.total - self.done


def communities_to_enter(user: Actor, period: ReportingPeriod) -> QuerySet:
    """Return the communities that the user reports for a month, in the order of the list, with what is entered."""
    return Community.objects.reported().visible_to(user).with_entry(period).order_by("code", "pk")


def progress_of(communities: QuerySet) -> Progress:
    """Return how far communities of `communities_to_enter` are."""
    counted = communities.order_by().aggregate(total=Count("pk"), done=Count("pk", filter=Q(is_entered=True)))
    return Progress(counted["total"], counted["done"])


def left_in_words(progress: Progress, place: str) -> str:
    """Return how many communities of a place are left: 东街街道办事处还有2个社区没有填。"""
    return (
        f"{place}还有{progress.left}个社区没有填。" if progress.left else f"{place}的{progress.total}个社区都填好了。"
    )


def next_to_enter(community: Community, communities: QuerySet) -> Community | None:
    """Return the community that follows in the list and is not entered yet, else the first such; None when all are."""
    left = communities.filter(is_entered=False).exclude(pk=community.pk)
    return left.filter(code__gt=community.code).first() or left.first()


def neighbours(community: Community, communities: QuerySet) -> tuple[Community | None, Community | None]:
    """Return the communities before and after one in the list, whether they are entered or not."""
    return (
        communities.filter(code__lt=community.code).last(),
        communities.filter(code__gt=community.code).first(),
    )


def progress_by_division(division: Division, communities: QuerySet) -> list[tuple[Division, Progress]]:
    """Return the counties or towns below a division that have communities, by code, each with its progress."""
    below = "town" if division.level == Division.Level.COUNTY else "town__parent"
    grouped = communities.within(division).order_by().values(below)  # type: ignore[attr-defined]
    counted = grouped.annotate(total=Count("pk"), done=Count("pk", filter=Q(is_entered=True)))
    found = {row[below]: Progress(row["total"], row["done"]) for row in counted}
    return [(each, found[each.pk]) for each in Division.objects.filter(pk__in=found).order_by("code")]


def lines_of(communities: QuerySet, period: ReportingPeriod) -> list[dict[str, Any]]:
    """Return for each community of a town what is entered: figures beside those before, bodies, and numbers by register.

    The number of queries depends on the registers alone.
    """
    before = last_day_before(period)
    profiles = CommunityProfile.objects.filter(community=OuterRef("pk")).order_by("-as_of")
    bodies = GovernanceBody.objects.filter(community=OuterRef("pk")).order_by().values("community")
    given = bodies.filter(Q(exists__isnull=False) | Q(number__isnull=False)).annotate(given=Count("pk"))
    rows: list[Any] = list(
        communities.annotate(
            has_counts=Exists(MonthlyReport.objects.of_month(period.month).filter(community=OuterRef("pk"))),
            bodies_given=Subquery(given.values("given")[:1]),
            **{
                f"{name}_{when}": Subquery(
                    profiles.filter(as_of__lte=day, **{f"{name}__isnull": False}).values(name)[:1]
                )
                for name in ("households", "residents")
                for when, day in (("now", period.as_of), ("before", before))
            },
        )
    )
    registers = registers_at_communities()
    numbers = [at.numbers(communities, period.as_of, before) for at in registers]
    return [
        {
            "community": row,
            "has_counts": row.has_counts,
            "bodies_missing": BODIES - (row.bodies_given or 0),
            "change": _difference(row.residents_now, row.residents_before),
            "fewer": _difference(row.residents_before, row.residents_now),
            "numbers": [
                (at.register.title, *found.get(row.pk, (0, 0))) for at, found in zip(registers, numbers, strict=True)
            ],
        }
        for row in rows
    ]


def _difference(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before
