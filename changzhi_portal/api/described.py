"""How parameters of addresses are described: what values each takes, as far as a pattern or a list can say it.

Values that are found in the data, such as codes of divisions, are described by their form alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import django_filters
from django.core.validators import RegexValidator
from django.utils.choices import flatten_choices
from django.utils.encoding import force_str
from drf_spectacular.utils import OpenApiParameter

from changzhi_portal.api.parameters import A_TEXT, LARGEST_NUMBER, some_of

_TEXT: Final = {"type": "string", "pattern": A_TEXT}
_ENDS: Final = r"\Z"  # of Python; `$` of JSON Schema is the end too


def names_of(name: str, known: Collection[str], words: str) -> OpenApiParameter:
    """Return the description of a parameter that takes names of a list, separated by commas."""
    return OpenApiParameter(
        name,
        {"type": "string", "pattern": some_of(known)},
        description=f"{words}，用英文逗号隔开：{'、'.join(known)}",
    )


def text_of(name: str, words: str, schema: Mapping[str, Any] = _TEXT) -> OpenApiParameter:
    """Return the description of a parameter that takes a text; `schema` says which."""
    return OpenApiParameter(name, dict(schema), description=words)


def filter_of(name: str, each: django_filters.Filter) -> OpenApiParameter:
    """Return the description of a filter of a list."""
    label = force_str(each.label or name)
    schema, words = _values_of(each)
    return OpenApiParameter(name, schema, description=f"{label}{words}", required=bool(each.extra.get("required")))


def _values_of(each: django_filters.Filter) -> tuple[dict[str, Any], str]:
    """Return the values that a filter takes, and what is said of them after its label."""
    if isinstance(each, django_filters.ModelChoiceFilter):
        return dict(_TEXT), "的代码"
    if isinstance(each, (django_filters.ChoiceFilter, django_filters.MultipleChoiceFilter)):
        given = each.extra["choices"]
        choices: list[tuple[str, str]] = list(flatten_choices(given() if callable(given) else given))
        words = "；".join(f"{value}：{word}" for value, word in choices)
        return {"type": "string", "enum": [value for value, _ in choices]}, f"（{words}）"
    if isinstance(each, django_filters.DateFilter):
        return {"type": "string", "format": "date"}, ""
    if isinstance(each, django_filters.NumberFilter):
        least, most = each.extra.get("min_value", 0), each.extra.get("max_value", LARGEST_NUMBER)
        return {"type": "integer", "minimum": least, "maximum": most}, ""
    for validator in each.extra.get("validators", ()):
        if isinstance(validator, RegexValidator):
            return {"type": "string", "pattern": str(getattr(validator.regex, "pattern", "")).replace(_ENDS, "$")}, ""
    return dict(_TEXT), ""
