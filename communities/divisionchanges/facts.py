"""What hangs at communities that a plan merges, splits or closes: records by model, and populations (docs/domain.md §3.9)."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.records import followers, not_ended
from communities.divisionchanges.plan import ChangePlan, Receiver
from communities.models import Community, CommunityProfile

FIGURES = ("households", "residents")


@dataclass(frozen=True, slots=True)
class PopulationAfter:
    """Households and residents of a community after a plan: newly given, or the sum of its parts' newest known ones.

    `unknown` are the parts that no residents are known of; `parts` are the communities that were added up.
    """

    receiver: Receiver
    households: int | None
    residents: int | None
    parts: Sequence[Community]
    unknown: Sequence[Community]
    is_given: bool


def records_at(model: Any, communities: Collection[int], day: datetime.date) -> QuerySet[Any]:
    """Return the records of a model at communities that follow them on `day`: links, and dated records not ended by then."""
    rows = model._default_manager.filter(community__in=communities).order_by("pk")
    return rows.filter(not_ended(day, model.dated_by[1])) if hasattr(model, "dated_by") else rows


def counts_of_records(plan: ChangePlan) -> dict[int, dict[str, int]]:
    """Return how many records follow each community that hands over or closes, by its key and the model's name."""
    keys = list({each.community.pk for each in plan.endings} | {each.source.pk for each in plan.handovers})
    found: dict[int, dict[str, int]] = {key: {} for key in keys}
    for model in followers():
        for batch in in_batches(keys):
            counted = records_at(model, batch, plan.effective_on).order_by().values("community")
            for community, number in counted.annotate(number=Count("pk")).values_list("community", "number"):
                found[community][str(model._meta.verbose_name)] = number
    return found


def populations_after(plan: ChangePlan) -> list[PopulationAfter]:
    """Return the population of each community that receives others whole, or whose population is newly given.

    A community with a population of its own on the plan's day or later is left out: it has been newly given.
    """
    whole: dict[str, list[Community]] = defaultdict(list)
    halved = {each.source.pk for each in plan.handovers if each.records is not None}
    for ending in plan.endings:
        if ending.into is not None and ending.community.pk not in halved:
            whole[ending.into.code].append(ending.community)
    concerned = [
        receiver
        for code, receiver in plan.receivers.items()
        if code in whole or receiver.households is not None or receiver.residents is not None
    ]
    own = [receiver.community.pk for receiver in concerned if receiver.community is not None]
    parts = [community.pk for code in whole for community in whole[code]]
    known = _newest_known([*own, *parts], plan.effective_on)
    counted_since = _counted_since(own, plan.effective_on)
    found = []
    for receiver in concerned:
        is_given = receiver.households is not None or receiver.residents is not None
        if not is_given and receiver.community is not None and receiver.community.pk in counted_since:
            continue
        communities = ([receiver.community] if receiver.community is not None else []) + whole[receiver.code]
        if is_given:
            found.append(PopulationAfter(receiver, receiver.households, receiver.residents, communities, (), True))
            continue
        sums = {name: _sum(known.get(each.pk, {}).get(name) for each in communities) for name in FIGURES}
        unknown = [each for each in communities if known.get(each.pk, {}).get("residents") is None]
        if sums["households"] is not None or sums["residents"] is not None:
            found.append(PopulationAfter(receiver, sums["households"], sums["residents"], communities, unknown, False))
    return found


def _newest_known(keys: Sequence[int], day: datetime.date) -> dict[int, dict[str, int]]:
    """Return the newest figures known before `day`, each for itself (docs/domain.md §5.4)."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for batch in in_batches(keys):
        profiles = CommunityProfile.objects.filter(community__in=batch, as_of__lt=day).order_by("as_of")
        for community, *figures in profiles.values_list("community", *FIGURES):
            found[community] |= {n: value for n, value in zip(FIGURES, figures, strict=True) if value is not None}
    return found


def _counted_since(keys: Sequence[int], day: datetime.date) -> set[int]:
    found: set[int] = set()
    for batch in in_batches(keys):
        since = CommunityProfile.objects.filter(community__in=batch, as_of__gte=day, residents__isnull=False)
        found |= set(since.values_list("community", flat=True))
    return found


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
