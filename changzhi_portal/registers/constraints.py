"""Row checks that come from the check constraints of a model, so that a rule is declared once.

A CheckConstraint with a `violation_error_code` that is a problem code (`date_order`, `required`) is checked for every
row that writes its model, with its `violation_error_message`; the database holds the same condition for everything
else. A constraint without such a code is held by the database alone: because cleaning already refuses such values
(`negative_number`), or because no column writes its fields.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import CheckConstraint, F, Q

from changzhi_portal.registers.problems import CODE_TITLES

# As SQL judges: None is unknown, and a check constraint refuses only what is false.
Condition = Callable[[Any], bool | None]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, among: value in among,
}


@dataclass(frozen=True, slots=True)
class RowRule:
    """A check constraint as rows are checked by it. `attributes` are the model fields it speaks of, in its own order."""

    code: str
    message: str
    attributes: tuple[str, ...]
    holds: Condition


def row_rules(model: type[models.Model]) -> list[RowRule]:
    """Return the rules that the check constraints of a model give rows, in the order of the model."""
    return [
        RowRule(
            code=constraint.violation_error_code,
            message=str(constraint.violation_error_message).removesuffix("。"),
            attributes=tuple(dict.fromkeys(fields_of(constraint.condition))),
            holds=condition_in_python(constraint.condition),
        )
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
        and isinstance(constraint.condition, Q)
        and constraint.violation_error_code in CODE_TITLES
    ]


def fields_of(condition: Q) -> Iterator[str]:
    """Yield the names of the fields that a condition compares."""
    children: list[Any] = condition.children
    for child in children:
        if isinstance(child, Q):
            yield from fields_of(child)
        else:
            lookup, value = child
            yield lookup.split("__")[0]
            if isinstance(value, F):
                yield value.name


def condition_in_python(condition: Q) -> Condition:
    """Return a function that judges an instance by a condition as the database judges its row.

    Raises ValueError for a lookup that it does not know.
    """
    children: list[Any] = condition.children
    parts = [condition_in_python(child) if isinstance(child, Q) else _comparison(*child) for child in children]
    judge = parts[0] if len(parts) == 1 else (_any(parts) if condition.connector == Q.OR else _all(parts))
    return _not(judge) if condition.negated else judge


def _comparison(lookup: str, other: Any) -> Condition:
    name, _, kind = lookup.partition("__")
    if kind == "isnull":
        return lambda instance: (getattr(instance, name) is None) is other
    try:
        compare = _COMPARISONS[kind or "exact"]
    except KeyError:
        raise ValueError(f"The lookup {lookup} is not known in Python; leave violation_error_code out.") from None

    def judge(instance: Any) -> bool | None:
        value = getattr(instance, name)
        against = getattr(instance, other.name) if isinstance(other, F) else other
        return None if value is None or against is None else compare(value, against)

    return judge


def _any(parts: list[Condition]) -> Condition:
    def judge(instance: Any) -> bool | None:
        verdict: bool | None = False
        for part in parts:
            found = part(instance)
            if found:
                return True
            if found is None:
                verdict = None
        return verdict

    return judge


def _all(parts: list[Condition]) -> Condition:
    def judge(instance: Any) -> bool | None:
        verdict: bool | None = True
        for part in parts:
            found = part(instance)
            if found is False:
                return False
            if found is None:
                verdict = None
        return verdict

    return judge


def _not(part: Condition) -> Condition:
    def judge(instance: Any) -> bool | None:
        found = part(instance)
        return None if found is None else not found

    return judge
