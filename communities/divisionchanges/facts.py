"""What hangs at communities that a plan merges, splits or closes: records by model, and populations (docs/domain.md §3.9)."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.records import followers, not_ended
from communities.divisionchanges.plan import ChangePlan, Receiver
from communities.models import Community, CommunityProfile

LABELS = {"households": "户数", "residents": "常住人口"}


class Standing(NamedTuple):
    """A figure that has been counted on the plan's day or later, and its day: it is not added to."""

    label: str
    value: int
    as_of: datetime.date


@dataclass(frozen=True, slots=True)
class PopulationAfter:
    """Households and residents of a community after a plan, each newly given or the sum of its parts' newest known ones.

    A figure that is None stays as it is. `given` names the figures of the first kind and `summed` those of the second,
    `standing` those that have been counted since. `parts` are the communities that were added up, `unknown` those of them
    that no residents are known of, `joining` those that are new to the community.
    """

    receiver: Receiver
    households: int | None
    residents: int | None
    given: str
    summed: str
    standing: Sequence[Standing]
    parts: Sequence[Community]
    joining: Sequence[Community]
    unknown: Sequence[Community]

    @property
    def is_written(self) -> bool:
        """Return whether the plan changes one of the figures."""
        return self.households is not None or self.residents is not None


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


def digest_of(plan: ChangePlan) -> str:
    """Return a digest of the changes and of what they would do now, so that only what was shown is applied."""
    shown = [
        [(c.pk, c.to_code, c.residents, c.households, sorted(c.records.items())) for c in plan.changes],
        [(e.placement.pk, e.community.version, e.into.code if e.into else "") for e in plan.endings],
        [(m.placement.pk, m.code, m.name) for m in plan.moves],
        [new.code for new in plan.new_communities],
        [(p.receiver.code, p.households, p.residents) for p in populations_after(plan)],
        counts_of_records(plan),
    ]
    return hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()[:32]


def populations_after(plan: ChangePlan) -> list[PopulationAfter]:
    """Return the population of each community that receives others whole, or whose population is newly given.

    A figure that is not given is the sum of the parts where they are joined whole; one that the community has of its own on
    the plan's day or later stands.
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
    since = _counted_since(own, plan.effective_on)
    found = [_population(receiver, whole.get(receiver.code, []), known, since) for receiver in concerned]
    return [each for each in found if each.is_written or each.standing]


def _population(
    receiver: Receiver,
    joining: Sequence[Community],
    known: Mapping[int, Mapping[str, int]],
    since: Mapping[int, Mapping[str, Standing]],
) -> PopulationAfter:
    own = [receiver.community] if receiver.community is not None else []
    parts = [*own, *joining]
    figures: dict[str, int | None] = {name: getattr(receiver, name) for name in LABELS}
    given = [label for name, label in LABELS.items() if figures[name] is not None]
    summed, standing = [], []
    for name, label in LABELS.items():
        counted = next((since[each.pk][name] for each in own if name in since.get(each.pk, {})), None)
        if figures[name] is not None or not joining:
            continue
        if counted is not None:
            standing.append(counted)
            continue
        figures[name] = _sum(known.get(each.pk, {}).get(name) for each in parts)
        if figures[name] is not None:
            summed.append(label)
    is_added = LABELS["residents"] in summed or (bool(summed) and not given and not standing)
    unknown = [each for each in parts if is_added and known.get(each.pk, {}).get("residents") is None]
    return PopulationAfter(
        receiver,
        figures["households"],
        figures["residents"],
        "、".join(given),
        "、".join(summed),
        standing,
        parts,
        joining,
        unknown,
    )


def _newest_known(keys: Sequence[int], day: datetime.date) -> dict[int, dict[str, int]]:
    """Return the newest figures known before `day`, each for itself (docs/domain.md §5.4)."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for batch in in_batches(keys):
        profiles = CommunityProfile.objects.filter(community__in=batch, as_of__lt=day).order_by("as_of")
        for community, *figures in profiles.values_list("community", *LABELS):
            found[community] |= {n: value for n, value in zip(LABELS, figures, strict=True) if value is not None}
    return found


def _counted_since(keys: Sequence[int], day: datetime.date) -> dict[int, dict[str, Standing]]:
    """Return the first figures counted on `day` or later, each for itself."""
    found: dict[int, dict[str, Standing]] = defaultdict(dict)
    for batch in in_batches(keys):
        profiles = CommunityProfile.objects.filter(community__in=batch, as_of__gte=day).order_by("as_of")
        for community, as_of, *figures in profiles.values_list("community", "as_of", *LABELS):
            for (name, label), value in zip(LABELS.items(), figures, strict=True):
                if value is not None:
                    found[community].setdefault(name, Standing(label, value, as_of))
    return found


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
