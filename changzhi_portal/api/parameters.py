"""The parameters of a request's address, strictly: a name that nobody knows, or a value that cannot be, is refused.

django-filter ignores both, so that a script with a slip of the pen would get all records and not know it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from django.http import QueryDict
from django_filters import NumberFilter

from changzhi_portal.api.problems import BadRequestError
from changzhi_portal.pages.filters import RegisterFilterSet

MOST_ROWS: Final = 1_000  # of one answer
USUAL_ROWS: Final = 100
_A_NUMBER: Final = re.compile(r"[0-9]{1,9}")
LARGEST_NUMBER: Final = 999_999_999  # that a filter takes
_NOT_TEXT: Final = re.compile(r"[\x00-\x1f\x7f]")
# What `refuse_unknown` lets through, as patterns of JSON Schema (ECMA-262).
A_TEXT: Final = r"^[^\x00-\x1f\x7f]*[^\x00-\x1f\x7f\s][^\x00-\x1f\x7f]*$"


def some_of(names: Collection[str]) -> str:
    """Return the pattern of names of a list, separated by commas."""
    one = f"({'|'.join(re.escape(name) for name in names)})"
    return f"^{one}(,{one})*$"


def refuse_unknown(query: QueryDict, known: Collection[str]) -> None:
    """Raise BadRequestError for a parameter that is not known, given twice, or given without a value that can be read.

    A parameter without a value is a slip of a program too, such as a variable that is not set: it would get all records.
    """
    for name, values in query.lists():
        if name not in known:
            raise BadRequestError(
                f"这个地址没有“{name[:50]}”这个参数。",
                cure=f"Unknown parameter. Known: {', '.join(sorted(known))}.",
                field=name[:50],
            )
        if len(values) > 1:
            raise BadRequestError(
                f"参数“{name}”只能给一次。", cure=f"The parameter {name} is given {len(values)} times.", field=name
            )
        if not values[0].strip():
            raise BadRequestError(
                f"参数“{name}”没有值；不用的参数请不要写。",
                cure=f"The parameter {name} has no value: leave it out.",
                field=name,
            )
        if _NOT_TEXT.search(values[0]):
            raise BadRequestError(
                f"参数“{name}”里有控制字符。", cure=f"The parameter {name} holds control characters.", field=name
            )


def refuse_wrong_filters(filterset: RegisterFilterSet, query: QueryDict) -> None:
    """Raise BadRequestError for the first filter whose value cannot be, also for a town outside the county that is asked for."""
    for name, messages in filterset.form.errors.items():
        raise BadRequestError(
            f"参数“{name}”的值不对：{messages[0]}", cure=f"The value of the filter {name} is wrong.", field=name
        )
    for name in query:
        if isinstance(filterset.filters.get(name), NumberFilter) and not _A_NUMBER.fullmatch(query.get(name, "")):
            raise BadRequestError(
                f"参数“{name}”应是整数。", cure=f"{name} is a whole number of at most 9 digits.", field=name
            )
        if name in type(filterset).base_filters and name not in filterset.data:
            raise BadRequestError(
                f"参数“{name}”与别的参数对不上，请核对。", cure=f"{name} does not fit the other filters.", field=name
            )


def limit_of(query: QueryDict) -> int:
    """Return how many rows are wanted, at most MOST_ROWS. Raises BadRequestError for what is no such number."""
    text = query.get("limit", str(USUAL_ROWS))
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MOST_ROWS):
        raise BadRequestError(
            f"参数“limit”应是1至{MOST_ROWS}的整数。",
            cure=f"limit is a whole number from 1 to {MOST_ROWS}.",
            field="limit",
        )
    return int(text)


def chosen_fields(query: QueryDict, known: Sequence[str]) -> list[str]:
    """Return the fields that are wanted, by default all, in the order of `known`. Raises BadRequestError for an unknown one."""
    if "fields" not in query:
        return list(known)
    chosen = set(query.get("fields", "").split(","))
    if unknown := sorted(chosen - set(known)):
        raise BadRequestError(
            f"没有“{unknown[0][:50]}”这一项。",
            cure=f"Unknown field. Known: {', '.join(known)}.",
            field="fields",
        )
    return [name for name in known if name in chosen]


def sort_of(query: QueryDict, sorts: Mapping[str, str]) -> tuple[str, str, bool]:
    """Return name, lookup and direction (True for descending) of what rows are sorted by; by default their keys.

    `sorts` has lookups by name. Raises BadRequestError for another name.
    """
    text = query.get("sort", "")
    if not text:
        return "", "pk", False
    name = text.removeprefix("-")
    if name not in sorts:
        raise BadRequestError(
            f"不能按“{name[:50]}”排序。",
            cure=f"Sort by one of: {', '.join(sorted(sorts))}; - before it descends.",
            field="sort",
        )
    return name, sorts[name], text.startswith("-")
