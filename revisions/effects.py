"""The effects of edited records on a month: the figures that a record contributes in each of its states.

An effect is the values by place and column. Registers are evaluated by their own querysets over the states instead of
the table, so that the counting rules are only in the app's `indicators`. Each state is evaluated with all other records
as they are today: the difference between the first and the last state is what undoing this record's edits would change.
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
from communities.models import CommunityProfile, RecordMove
from revisions.edits import Histories, History, State, current_states, measured_columns
from targets.engine.sql import Sql, compile_queryset, fetch_all, quote_name, select_columns, table_name


class Figure(NamedTuple):
    """A column of the measure of a place; the place is the key of a community if `is_community`, else of a division."""

    is_community: bool
    place: int
    column: str


Effect = Mapping[Figure, Any]
Effects = Iterator[tuple[History, Sequence[Effect]]]  # one effect for each state of the history

_ROWS_PER_STATEMENT = 500
# Figures that are no columns of a measure: whether a community may be scored, and whether it has a placement.
SCORED, PLACED = "scored", "placed"


def reported(register: CountedRegister) -> str:
    """Return the name of the figure that a place has any row of the register, whatever its dates."""
    return f"reported_{register.code}"


def effects_on_communities(communities: Histories, placements: Histories, day: datetime.date) -> Effects:
    """Yield the effects of edits of communities (kind, SCORED) and of placements (code, name, town, PLACED)."""
    for history in communities.values():
        yield history, [_of_community(history.key, state, day) for state in history.states]
    for history in placements.values():
        yield history, [_of_placement(state, day) for state in history.states]


def _of_community(key: int, state: State | None, day: datetime.date) -> Effect:
    if state is None:
        return {}
    closed = state["closed_on"]
    is_scored = state["kind"] and not state["is_virtual"] and (closed is None or closed > day)
    return {Figure(True, key, "kind"): state["kind"], Figure(True, key, SCORED): bool(is_scored)}


def _of_placement(state: State | None, day: datetime.date) -> Effect:
    if state is None or state["valid_from"] > day or (state["valid_to"] is not None and state["valid_to"] <= day):
        return {}
    place = state["community_id"]
    return {
        Figure(True, place, PLACED): True,
        **{Figure(True, place, name): state[name] for name in ("code", "name", "town_id")},
    }


def effects_on_population(profiles: Histories, day: datetime.date) -> Effects:
    """Yield the effects of edits of profiles: the newest known figures by `day` among the community's profiles."""
    mentioned = {state["community_id"] for each in profiles.values() for state in each.states if state is not None}
    others: dict[int, dict[int, State]] = defaultdict(dict)
    for key, state in current_states(CommunityProfile, mentioned, "community_id").items():
        others[state["community_id"]][key] = state
    for history in profiles.values():
        places = {state["community_id"] for state in history.states if state is not None}
        yield history, [_newest(history.key, state, places, others, day) for state in history.states]


def _newest(
    key: int, state: State | None, places: Iterable[int], others: Mapping[int, Mapping[int, State]], day: datetime.date
) -> Effect:
    """Return the newest population figures of communities, with one profile in the given state."""
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
    """Yield the effects of edits of a register's rows, and of the records that they count through (`related`)."""
    former = dict(
        RecordMove.objects.former_on(register.model, day).order_by().values_list("record_id", "from_community")
    )
    for history, row_states, effects in _in_slices(register, _of_rows(register, rows, related, former), day):
        for number, state, _ in row_states:
            effects[number].update(_reported_effect(register, state))
        yield history, effects
    if register.through:
        for history, _, effects in _in_slices(register, _of_related(register, rows, related, former), day):
            yield history, effects


# The number of a state in the history, the state of the row, and the state of the record it counts through.
RowState = tuple[int, State, State | None]


def _then(state: State, key: int, former: Mapping[int, int]) -> State:
    """Return the state of a row with the community it counted for on the day: it may have moved to a successor since."""
    return {**state, "community_id": former[key]} if key in former else state


def _of_rows(
    register: CountedRegister, rows: Histories, related: Histories, former: Mapping[int, int]
) -> Iterator[tuple[History, list[RowState]]]:
    if not register.through:
        for history in rows.values():
            states = enumerate(history.states)
            yield history, [(n, _then(state, history.key, former), None) for n, state in states if state is not None]
        return
    column = f"{register.through}_id"
    model: Any = register.model._meta.get_field(register.through).related_model
    keys = {state[column] for each in rows.values() for state in each.states if state is not None}
    current = current_states(model, [key for key in keys if key is not None])
    for history in rows.values():
        row_states: list[RowState] = []
        for number, state in enumerate(history.states):
            if state is not None:
                key = state[column]
                through = current.get(key) or (related[key].last_known if key in related else None)
                row_states.append((number, _then(state, history.key, former), through))
        yield history, row_states


def _of_related(
    register: CountedRegister, rows: Histories, related: Histories, former: Mapping[int, int]
) -> Iterator[tuple[History, list[RowState]]]:
    column = f"{register.through}_id"
    of_key: dict[int, list[State]] = defaultdict(list)
    for key, state in current_states(register.model, related, column).items():
        of_key[state[column]].append(_then(state, key, former))
    for history in rows.values():  # removed rows count for the record they counted through
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
    register: CountedRegister, histories: Iterable[tuple[History, list[RowState]]], day: datetime.date
) -> Iterator[tuple[History, list[RowState], list[Counter[Figure]]]]:
    """Yield the histories with the effect of each state: the sum of its rows. Limits the rows of a statement."""
    for batch in in_batches(list(histories), _ROWS_PER_STATEMENT):
        added = iter(_added_by(register, list(chain(*(row_states for _, row_states in batch))), day))
        for history, row_states in batch:
            effects: list[Counter[Figure]] = [Counter() for _ in history.states]
            for number, _, _ in row_states:
                effects[number].update(next(added))
            yield history, row_states, effects


def _added_by(register: CountedRegister, every: Sequence[RowState], day: datetime.date) -> list[dict[Figure, Any]]:
    """Return what each row adds to the figures, counted by the register's own queryset over these rows alone."""
    added: list[dict[Figure, Any]] = [{} for _ in every]
    countable = [
        (number, state, through)
        for number, (_, state, through) in enumerate(every)
        if through is not None or not register.through
    ]
    for batch in in_batches(countable, _ROWS_PER_STATEMENT):
        for number, effect in _counted(register, batch, day):
            added[number] = effect
    return added


def _reported_effect(register: CountedRegister, state: State) -> dict[Figure, Any]:
    place = None if state.get("merged_into_id") is not None else _place_of(state)
    return {} if place is None else {Figure(*place, reported(register)): 1}


def _place_of(state: State) -> tuple[bool, int] | None:
    if state.get("community_id") is not None:
        return True, state["community_id"]
    return (False, state["division_id"]) if state.get("division_id") is not None else None


def _counted(
    register: CountedRegister, rows: Sequence[tuple[int, State, State | None]], day: datetime.date
) -> Iterator[tuple[int, dict[Figure, Any]]]:
    """Yield the number and the figures of each row that counts on the day."""
    names = [figure.name for figure in register.figures]
    place = ["community_id", "division_id"] if register.at_divisions else ["community_id"]
    query = select_columns(["row_id", *place, *map(quote_name, names)], compile_queryset(register.by_row(day)))
    keyed = [{**state, "id": number} for number, state, _ in rows]
    if register.through:
        column = f"{register.through}_id"
        model: Any = register.model._meta.get_field(register.through).related_model
        keyed = [row | {column: row["id"]} for row in keyed]
        through = [{**(state or {}), "id": number} for number, _, state in rows]
        tables = [_replacement_table(register.model, keyed), _replacement_table(model, through)]
    else:
        tables = [_replacement_table(register.model, keyed)]
    statement = Sql(
        f"WITH {', '.join(part.text for part in tables)}\n{query.text}",
        (*chain(*(part.params for part in tables)), *query.params),
    )
    for number, community_id, *rest in fetch_all(statement):
        division_id = rest.pop(0) if register.at_divisions else None
        counted_at = _place_of({"community_id": community_id, "division_id": division_id})
        if counted_at is not None:
            yield number, {Figure(*counted_at, name): value for name, value in zip(names, rest, strict=True) if value}


def _replacement_table(model: type[models.Model], rows: Sequence[State]) -> Sql:
    """Return a common table expression of these rows with the name of the model's table, which it shadows."""
    columns = measured_columns(model)
    quote = connection.ops.quote_name
    marks = ", ".join(_placeholder(column) for column in columns)
    names = ", ".join(quote(column.column) for column in columns)
    values = ", ".join([f"({marks})"] * len(rows))
    params = [column.get_db_prep_save(row[column.attname], connection) for row in rows for column in columns]
    return Sql(f"{table_name(model)} ({names}) AS (VALUES {values})", tuple(params))


def _placeholder(column: Any) -> str:
    """Return the placeholder of a value, cast to its type; SQLite would compare decimals as text otherwise."""
    if connection.vendor == "postgresql":
        # The type that a foreign key has: that of a primary key includes how it is generated.
        plain = column.target_field if column.is_relation else column
        return f"CAST(%s AS {plain.rel_db_type(connection) if plain.primary_key else plain.db_type(connection)})"
    return "CAST(%s AS NUMERIC)" if isinstance(column, models.DecimalField) else "%s"
