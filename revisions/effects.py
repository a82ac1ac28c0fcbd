"""What the edits of a record do to a month: the figures it stands for, in each of its states.

An effect is a figure by place and column. Registers are evaluated by their own querysets, over the states in place of
the table, so that what counts is said once (in the app's `indicators`). Every state is seen with all other records as they
are today: the difference between the first and the last is what taking this record's edits back would change.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection, models

from changzhi_portal.bulk import in_batches
from changzhi_portal.indicators import CountedRegister
from communities.models import CommunityProfile
from revisions.edits import Histories, History, State, measured_columns, states_of
from targets.engine.sql import Sql, compile_queryset, fetch_all, quote_name, select_columns, table_name


class Figure(NamedTuple):
    """A column of the measure of a place; `is_community`, else the place is a division."""

    is_community: bool
    place: int
    column: str


Effect = Mapping[Figure, Any]
Effects = Iterator[tuple[History, Sequence[Effect]]]  # one effect for each state of the history

_ROWS_A_STATEMENT = 500
# No columns of a measure: whether a community is scored at all, whether it is anywhere, whether a register is reported.
STANDING, PLACED = "standing", "placed"


def reported(register: CountedRegister) -> str:
    """The figure that says that a place has a row of the register, whatever its dates."""
    return f"reported_{register.code}"


def effects_on_communities(communities: Histories, placements: Histories, day: datetime.date) -> Effects:
    """What edits of communities and of their placements do: kind and standing; code, name and town of the day."""
    for history in communities.values():
        yield history, [_of_community(history.key, state, day) for state in history.states]
    for history in placements.values():
        yield history, [_of_placement(state, day) for state in history.states]


def _of_community(key: int, state: State | None, day: datetime.date) -> Effect:
    if state is None:
        return {}
    closed = state["closed_on"]
    is_scored = state["kind"] and not state["is_virtual"] and (closed is None or closed > day)
    return {Figure(True, key, "kind"): state["kind"], Figure(True, key, STANDING): bool(is_scored)}


def _of_placement(state: State | None, day: datetime.date) -> Effect:
    if state is None or state["valid_from"] > day or (state["valid_to"] is not None and state["valid_to"] <= day):
        return {}
    place = state["community_id"]
    return {
        Figure(True, place, PLACED): True,
        **{Figure(True, place, name): state[name] for name in ("code", "name", "town_id")},
    }


def effects_on_population(profiles: Histories, day: datetime.date) -> Effects:
    """What edits of profiles do: the newest known figure by the day, among all profiles of the community."""
    mentioned = {state["community_id"] for each in profiles.values() for state in each.states if state is not None}
    others: dict[int, dict[int, State]] = defaultdict(dict)
    for key, state in states_of(CommunityProfile, mentioned, "community_id").items():
        others[state["community_id"]][key] = state
    for history in profiles.values():
        places = {state["community_id"] for state in history.states if state is not None}
        yield history, [_newest(history.key, state, places, others, day) for state in history.states]


def _newest(
    key: int, state: State | None, places: Iterable[int], others: Mapping[int, Mapping[int, State]], day: datetime.date
) -> Effect:
    """The newest figures of communities, with one profile in the given state."""
    effect: dict[Figure, Any] = {}
    for place in places:
        known = [each for other, each in others.get(place, {}).items() if other != key]
        if state is not None and state["community_id"] == place:
            known.append(state)
        for column in ("households", "residents"):
            counted = [(each["as_of"], each[column]) for each in known if each["as_of"] <= day]
            figures = [pair for pair in counted if pair[1] is not None]
            if figures:
                effect[Figure(True, place, column)] = max(figures)[1]
    return effect


# --- Registers ---


def effects_on_register(register: CountedRegister, rows: Histories, related: Histories, day: datetime.date) -> Effects:
    """What edits of a register's rows, and of the records they count through, do to its columns."""
    for history, seen, effects in _in_slices(register, _of_rows(register, rows, related), day):
        for number, state, _ in seen:
            effects[number].update(_mention(register, state))
        yield history, effects
    if register.through:
        for history, _, effects in _in_slices(register, _of_related(register, rows, related), day):
            yield history, effects


# Which row, in which state of the history, with which state of the record it counts through.
Seen = tuple[int, State, State | None]


def _of_rows(register: CountedRegister, rows: Histories, related: Histories) -> Iterator[tuple[History, list[Seen]]]:
    if not register.through:
        for history in rows.values():
            yield history, [(n, state, None) for n, state in enumerate(history.states) if state is not None]
        return
    column = f"{register.through}_id"
    model: Any = register.model._meta.get_field(register.through).related_model
    wanted = {state[column] for each in rows.values() for state in each.states if state is not None}
    standing = states_of(model, [key for key in wanted if key is not None])
    for history in rows.values():
        seen: list[Seen] = []
        for number, state in enumerate(history.states):
            if state is not None:
                key = state[column]
                seen.append((number, state, standing.get(key) or (related[key].last_known if key in related else None)))
        yield history, seen


def _of_related(register: CountedRegister, rows: Histories, related: Histories) -> Iterator[tuple[History, list[Seen]]]:
    column = f"{register.through}_id"
    of_key: dict[int, list[State]] = defaultdict(list)
    for state in states_of(register.model, related, column).values():
        of_key[state[column]].append(state)
    for history in rows.values():  # rows that were removed, with the record they counted through
        if history.now is None and history.last_known is not None:
            of_key[history.last_known[column]].append(history.last_known)
    for history in related.values():
        yield (
            history,
            [
                (number, row, state)
                for number, state in enumerate(history.states)
                if state is not None
                for row in of_key[history.key]
            ],
        )


def _in_slices(
    register: CountedRegister, seen_of: Iterable[tuple[History, list[Seen]]], day: datetime.date
) -> Iterator[tuple[History, list[Seen], list[Counter[Figure]]]]:
    """With the effect of each state: what the rows seen in it add up to. A bounded number of rows a statement."""
    for batch in in_batches(list(seen_of), _ROWS_A_STATEMENT):
        added = iter(_added_by(register, list(chain(*(seen for _, seen in batch))), day))
        for history, seen in batch:
            effects: list[Counter[Figure]] = [Counter() for _ in history.states]
            for number, _, _ in seen:
                effects[number].update(next(added))
            yield history, seen, effects


def _added_by(register: CountedRegister, every: Sequence[Seen], day: datetime.date) -> list[dict[Figure, Any]]:
    """What each row adds to the columns, as the register's own queryset counts it over these rows alone."""
    added: list[dict[Figure, Any]] = [{} for _ in every]
    countable = [
        (number, state, through)
        for number, (_, state, through) in enumerate(every)
        if through is not None or not register.through
    ]
    for batch in in_batches(countable, _ROWS_A_STATEMENT):
        for number, effect in _counted(register, batch, day):
            added[number] = effect
    return added


def _mention(register: CountedRegister, state: State) -> dict[Figure, Any]:
    place = _place_of(state)
    return {} if place is None else {Figure(*place, reported(register)): 1}


def _place_of(state: State) -> tuple[bool, int] | None:
    if state.get("community_id") is not None:
        return True, state["community_id"]
    return (False, state["division_id"]) if state.get("division_id") is not None else None


def _counted(
    register: CountedRegister, rows: Sequence[tuple[int, State, State | None]], day: datetime.date
) -> Iterator[tuple[int, dict[Figure, Any]]]:
    """Those of the rows that count on the day, by their number, each with what it adds."""
    names = [figure.name for figure in register.figures]
    place = ["community_id", "division_id"] if register.at_divisions else ["community_id"]
    query = select_columns(["row_id", *place, *map(quote_name, names)], compile_queryset(register.by_row(day)))
    keyed = [{**state, "id": number} for number, state, _ in rows]
    if register.through:
        column = f"{register.through}_id"
        model: Any = register.model._meta.get_field(register.through).related_model
        keyed = [row | {column: row["id"]} for row in keyed]
        through = [{**(state or {}), "id": number} for number, _, state in rows]
        standing_in = [_in_place_of(register.model, keyed), _in_place_of(model, through)]
    else:
        standing_in = [_in_place_of(register.model, keyed)]
    statement = Sql(
        f"WITH {', '.join(part.text for part in standing_in)}\n{query.text}",
        (*chain(*(part.params for part in standing_in)), *query.params),
    )
    for number, community_id, *rest in fetch_all(statement):
        division_id = rest.pop(0) if register.at_divisions else None
        where = _place_of({"community_id": community_id, "division_id": division_id})
        if where is not None:
            yield number, {Figure(*where, name): value for name, value in zip(names, rest, strict=True) if value}


def _in_place_of(model: type[models.Model], rows: Sequence[State]) -> Sql:
    """A common table expression with the name of the model's table: a statement reads these rows in its place."""
    columns = measured_columns(model)
    quote = connection.ops.quote_name
    marks = ", ".join(_mark(column) for column in columns)
    names = ", ".join(quote(column.column) for column in columns)
    values = ", ".join([f"({marks})"] * len(rows))
    params = [column.get_db_prep_save(row[column.attname], connection) for row in rows for column in columns]
    return Sql(f"{table_name(model)} ({names}) AS (VALUES {values})", tuple(params))


def _mark(column: Any) -> str:
    """The place of a value: with its type on PostgreSQL; on SQLite, decimals would compare as text without one."""
    if connection.vendor == "postgresql":
        # As a foreign key has it: a primary key would be "bigint, generated by the database".
        plain = column.target_field if column.is_relation else column
        return f"CAST(%s AS {plain.rel_db_type(connection) if plain.primary_key else plain.db_type(connection)})"
    return "CAST(%s AS NUMERIC)" if isinstance(column, models.DecimalField) else "%s"
