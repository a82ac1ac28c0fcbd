"""How many communities targets judge before and after a change of communities, for its preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from communities.divisionchanges import ChangePlan
from communities.divisionchanges.facts import populations_after
from communities.models import Community
from communities.models.community import CommunityQuerySet
from communities.reference import ListedCommunity
from targets.models import Target


@dataclass(frozen=True, slots=True)
class Denominator:
    """A target with the number of communities it judges today, and after the change."""

    target: Target
    before: int
    after: int


def changed_denominators(plan: ChangePlan, targets: Sequence[Target]) -> list[Denominator]:
    """Return the targets in their order with both numbers; a minimum population is asked of the newest known one.

    Two queries for each target, and one more for the communities that the plan is about.
    """
    ending = {each.community.pk for each in plan.endings}
    receiving = [each for each in plan.receivers.values() if each.community is not None]
    residents = {each.receiver.code: each.residents for each in populations_after(plan)}
    found = []
    for target in targets:
        judged = _judged(target)
        before = judged.count()
        touched = {*ending, *(each.community.pk for each in receiving if each.community is not None)}
        counted = set(judged.filter(pk__in=touched).values_list("pk", flat=True))
        after = before - len(counted)
        for each in receiving:
            is_counted = each.community is not None and each.community.pk in counted
            if each.community is not None and _fits(target, each.community.kind, residents.get(each.code), is_counted):
                after += 1
        for new in plan.new_communities:
            kind = ListedCommunity(new.code, new.name, new.town.code).default_kind
            after += _fits(target, kind, residents.get(new.code), False)
        found.append(Denominator(target, before, after))
    return found


def _judged(target: Target) -> CommunityQuerySet:
    standing = Community.objects.current().filter(is_virtual=False).exclude(kind="")
    of_kind = standing.filter(kind=target.kind) if target.kind else standing
    if target.minimum_population is None:
        return of_kind
    return of_kind.with_newest_profile().filter(newest_residents__gte=target.minimum_population)


def _fits(target: Target, kind: str, residents: int | None, is_counted: bool) -> bool:
    """Return whether a target judges a community after the change; with its population unchanged, as it did before."""
    if not kind or (target.kind and kind != target.kind):
        return False
    if target.minimum_population is None:
        return True
    return is_counted if residents is None else residents >= target.minimum_population
