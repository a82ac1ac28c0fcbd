"""What the portal knows of one community and month, with what it said the month before: read for the clerk's page."""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from changelog.values_before import ValuesBefore, text_before, values_before
from changzhi_portal.personal import Sealed
from changzhi_portal.records import Record
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor
from communities.models import Community, CommunityProfile
from communities.monthly.at_community import (
    RegisterAtCommunity,
    naming,
    registers_at_communities,
    registers_naming_communities,
)
from communities.sheets import CommunitySheet
from periods.models import ReportingPeriod, month_after

MOST_PROFILES = 32  # a month has at most 31, and the newest of the time before is needed


@dataclass(frozen=True, slots=True)
class Was:
    """What a field said the month before: as text, and a number's value. `when` names a time that is farther back."""

    text: str
    number: Decimal | None = None
    when: str = "上月"


@dataclass(slots=True)
class Row:
    """One record of the page: its values by field, what they were, what is to be said of it.

    Without values it is only shown: the record belongs elsewhere by now.
    """

    register: type[RegisterSheet]
    record: Record
    values: dict[str, Any]
    was: dict[str, Was] = field(default_factory=dict)
    status: str = ""
    parts: Sequence[models.Model] = ()  # the rows of the database that the values are read from
    form: Any = None  # the form of the page


@dataclass(slots=True)
class Group:
    """The records of one register at the community: how many count now, and how many did the month before."""

    at: RegisterAtCommunity
    rows: list[Row]
    now: int
    before: int
    new: list[Any] = field(default_factory=list)  # the forms of new records
    is_open: bool = False

    @property
    def register(self) -> type[RegisterSheet]:
        """Return the register."""
        return self.at.register

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns that the page shows of each record."""
        return monthly_columns(self.at.register)


@dataclass(frozen=True, slots=True)
class Named:
    """The records of a register that name the community among others; they are changed elsewhere."""

    register: type[RegisterSheet]
    records: Sequence[Record]


@dataclass(slots=True)
class CommunityMonth:
    """All of the page: the community's own row, the groups, and the records that name it."""

    community: Community
    period: ReportingPeriod
    own: Row
    groups: list[Group]
    named: list[Named]


def last_day_before(period: ReportingPeriod) -> datetime.date:
    """Return the last day of the month before a month."""
    return period.month - datetime.timedelta(days=1)


def monthly_columns(register: type[RegisterSheet]) -> tuple[Column, ...]:
    """Return the columns of a record that the page shows: those of every month, else all but its place and what finds it."""
    if register.monthly_fields:
        return register.form_columns(register.monthly_fields)
    return tuple(column for column in register.form_columns() if column.model is not None and not column.is_key)


def read_month(community: Community, period: ReportingPeriod, user: Actor) -> CommunityMonth:
    """Return what the page shows. The number of queries depends on the registers alone."""
    groups = [_group(at, community, period, user) for at in registers_at_communities()]
    bodies = list(community.bodies.all())
    facts = [(group, fact) for group, found in groups for fact in found]
    log = values_before(
        _keys([community, *bodies, *(fact for _, fact in facts), *(group.at.record_of(fact) for group, fact in facts)]),
        ReportingPeriod.objects.first_day_in_hand(period),
        user,
    )
    for group, found in groups:
        for row, fact in zip(group.rows, found, strict=True):
            row.parts = [row.record] if fact is row.record else [row.record, fact]
            row.was = _was(row, row.parts, log)
            row.status = _status(row, fact, group.at, period)
    own = _own_row(community, bodies, period, user)
    own.was |= _was(own, [community, *bodies], log)
    named = [
        Named(register, list(naming(register, relation, community).visible_to(user)))  # type: ignore[attr-defined]
        for register, relation in registers_naming_communities()
    ]
    return CommunityMonth(community, period, own, [group for group, _ in groups], named)


def _group(
    at: RegisterAtCommunity, community: Community, period: ReportingPeriod, user: Actor
) -> tuple[Group, list[Any]]:
    """Return the group of a register, and the newest fact of each of its rows.

    What has left the community counts on the days before, but is shown only to whom the place where it went lies open.
    """
    before = last_day_before(period)
    facts = list(at.facts_of(community, before, period.as_of))
    newest = {at.record_of(fact).pk: fact for fact in facts}
    refs = [at.record_of(fact).ref for fact in newest.values()]
    values = {each["ref"]: each for each in at.register().records(user.division.path, ref=refs)} if refs else {}
    rows, shown = [], []
    for fact in newest.values():
        record = at.record_of(fact)
        known = values.get(record.ref, {})
        if not known and fact.community_id != community.pk:
            continue
        is_here = known.get("community_code") == community.code
        rows.append(Row(at.register, record, known if is_here else {}))
        shown.append(fact)
    then = _number(at, [fact for fact in facts if fact.at_0 == community.pk], before)
    now = _number(at, [fact for fact in facts if fact.at_1 == community.pk], period.as_of)
    return Group(at, rows, now, then), shown


def _number(at: RegisterAtCommunity, facts: Iterable[Any], day: datetime.date) -> int:
    """Return how many facts are valid on a day (docs/domain.md §5)."""
    ends = ((getattr(fact, at.start), getattr(fact, at.end)) for fact in facts)
    return sum(start <= day and (end is None or end > day) for start, end in ends)


def _own_row(community: Community, bodies: Sequence[models.Model], period: ReportingPeriod, user: Actor) -> Row:
    """Return the row of the community with the figures that hold for the month, and those of before it."""
    values = next(CommunitySheet().records(user.division.path, ref=community.ref), {})
    profiles = list(
        CommunityProfile.objects.filter(community=community, as_of__lte=period.as_of).order_by("-as_of")[:MOST_PROFILES]
    )
    newest = profiles[0] if profiles else None
    before = next((each for each in profiles if each.as_of < period.month), None)
    is_of_month = newest is not None and newest.as_of >= period.month
    values |= {column.field: None for column in CommunitySheet.columns_of(CommunityProfile)}
    values |= CommunitySheet.values_of(newest)
    values["as_of"] = newest.as_of if newest is not None and is_of_month else period.as_of
    figures = CommunitySheet.values_of(before)
    figures.pop("as_of", None)
    is_older = before is not None and month_after(before.as_of.replace(day=1)) < period.month
    when = f"上次（{before.as_of:%Y-%m-%d}）" if before is not None and is_older else "上月"
    was = {name: Was(f"{value:,}", Decimal(value), when) for name, value in figures.items() if value is not None}
    parts = [community, *profiles[:1], *bodies]
    return Row(CommunitySheet, community, values, was, parts=parts)


def _keys(instances: Iterable[models.Model]) -> dict[type[models.Model], set[int]]:
    keys: dict[type[models.Model], set[int]] = defaultdict(set)
    for instance in instances:
        keys[type(instance)].add(instance.pk)
    return keys


def _was(row: Row, instances: Iterable[models.Model], log: ValuesBefore) -> dict[str, Was]:
    """Return what the fields said before that say something else now; of a record added since nothing."""
    found: dict[str, Was] = {}
    for instance in instances:
        for attribute, stored in log.get((instance._meta.label_lower, instance.pk), {}).items():
            column = row.register.column_for(instance, attribute)
            if column is None or stored is None or column.field not in row.values:
                continue
            if column.is_personal:
                found[column.field] = Was("另一个号码")
            elif (text := text_before(column, stored)) != text_before(column, _as_stored(row.values[column.field])):
                found[column.field] = Was(text, Decimal(str(stored)) if column.is_figure else None)
    return found


def _as_stored(value: Any) -> Any:
    return None if isinstance(value, Sealed) else json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def _status(row: Row, fact: Any, at: RegisterAtCommunity, period: ReportingPeriod) -> str:
    """Return in a few words what the month has brought for a record; "" for one that only goes on."""
    if not row.values:
        return "现在不在本社区"
    end = getattr(fact, at.end)
    if end is not None:
        return f"{end.month}月{end.day}日{'' if end <= period.as_of else '将'}{at.register.end_label}"
    return "本月新增" if getattr(fact, at.start) >= period.month else ""
