"""Which registers have records at a community, and which only name it: found by their models, so that none is named here."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Count, Q, QuerySet

from changelog.actions.apply import owner_of
from changzhi_portal.records import Record, field_of, in_effect, not_ended
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from communities.models import Community, community_on, here_or_left


@dataclass(frozen=True, slots=True)
class RegisterAtCommunity:
    """A register with dated facts of one community: `fact` is their model, which may be the record itself.

    `owner` is the name of the fact's relation to its record, "" where the fact is the record: a posting has a worker.
    """

    register: type[RegisterSheet]
    fact: Any
    owner: str

    @property
    def start(self) -> str:
        """Return the attribute of the first day."""
        return str(self.fact.dated_by[0])

    @property
    def end(self) -> str:
        """Return the attribute of the day on which it ends."""
        return str(self.fact.dated_by[1])

    def record_of(self, fact: Any) -> Record:
        """Return the record that a fact belongs to."""
        record: Record = getattr(fact, self.owner) if self.owner else fact
        return record

    def facts_of(self, community: Community, *days: datetime.date) -> QuerySet:
        """Return the facts of a community that had not ended by the first of the days, by their first day, with their records.

        Those too that have left for another community since by a change of divisions. `at_0`, `at_1` … are the keys of
        the communities that a fact counts for on each of the days.
        """
        found = self._at_days([community.pk], days).filter(not_ended(days[0], self.end))
        return (found.select_related(self.owner) if self.owner else found).order_by(self.start, "pk")

    def numbers(self, communities: QuerySet, *days: datetime.date) -> dict[int, tuple[int, ...]]:
        """Return how many facts communities have on each of the days, by the keys of the communities. One query.

        What has come or left by a change of divisions counts before its day where it was then.
        """
        counts = {
            f"on_{index}": Count("pk", filter=in_effect(day, self.start, self.end)) for index, day in enumerate(days)
        }
        places = [f"at_{index}" for index in range(len(days))]
        rows = self._at_days(communities.order_by().values("pk"), days).order_by()
        found: dict[int, list[int]] = defaultdict(lambda: [0] * len(days))
        # A row for each way that facts have gone, mostly one a community.
        for row in rows.values(*places).annotate(**counts):
            for index, (place, count) in enumerate(zip(places, counts, strict=True)):
                found[row[place]][index] += row[count]
        return {community: tuple(numbers) for community, numbers in found.items()}

    def _at_days(self, communities: QuerySet | Collection[int], days: Sequence[datetime.date]) -> QuerySet:
        """Return the facts that are at communities (their keys) or have left them after one of the days, with `at_0` …"""
        rows: QuerySet = self.fact.objects.filter(here_or_left(self.fact, communities, min(days)))
        return rows.annotate(**{f"at_{index}": community_on(self.fact, day) for index, day in enumerate(days)})


@cache
def registers_at_communities() -> tuple[RegisterAtCommunity, ...]:
    """Return the registers with dated facts of communities, in the order an office uploads them."""
    found = []
    for register in registers():
        for model in register.writes_to:
            if hasattr(model, "dated_by") and _leads_to_community(model, "community"):
                relation = None if model is register.model else owner_of(model)
                found.append(RegisterAtCommunity(register, model, relation.name if relation is not None else ""))
    return tuple(found)


@cache
def registers_naming_communities() -> tuple[tuple[type[RegisterSheet], str], ...]:
    """Return the registers whose records name any number of communities, each with the name of that relation."""
    return tuple(
        (register, relation.name)
        for register in registers()
        for relation in register.model._meta.many_to_many
        if relation.related_model is Community
    )


def naming(register: type[RegisterSheet], relation: str, community: Community) -> QuerySet:
    """Return the records of such a register that name a community; what a user gets must be limited by `visible_to`."""
    found: QuerySet = register.model.objects.filter(Q(**{relation: community}))
    return found


def _leads_to_community(model: type[models.Model], name: str) -> bool:
    try:
        return field_of(model, name).related_model is Community
    except FieldDoesNotExist:
        return False
