"""Expansion: what is said of related records, beside a row that names them (docs/api.md §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework import serializers

from changzhi_portal.api.problems import BadRequestError

# Lookup and serializer of each related record, by the name that `expand` gives it.
Expansions: TypeAlias = Mapping[str, tuple[str, type[serializers.Serializer]]]
# How the field with a related record is called: a row has its name or code in a field of the plain name.
SUFFIX: Final = "_record"
_with_related: dict[tuple[type[serializers.Serializer], tuple[str, ...]], type[serializers.Serializer]] = {}
_fields: dict[type[serializers.Serializer], Mapping[str, serializers.Field]] = {}


def chosen_expansions(query: QueryDict, known: Expansions) -> Expansions:
    """Return the expansions that are wanted. Raises BadRequestError for an unknown one."""
    names = query.get("expand", "").split(",") if "expand" in query else []
    if unknown := sorted(set(names) - set(known)):
        raise BadRequestError(
            f"没有可以展开的“{unknown[0][:50]}”。",
            cure=f"Unknown relation. Known: {', '.join(known)}.",
            field="expand",
        )
    return {name: known[name] for name in known if name in names}


def fields_of(serializer: type[serializers.Serializer]) -> Mapping[str, serializers.Field]:
    """Return a serializer's fields by name, those that it takes over from its model included."""
    if serializer not in _fields:
        _fields[serializer] = serializer().fields
    return _fields[serializer]


def lookups_of(serializer: type[serializers.Serializer], names: Sequence[str], prefix: str = "") -> list[str]:
    """Return the lookups that these fields of a serializer name in `source`."""
    fields = fields_of(serializer)
    return [f"{prefix}{(fields[name].source or name).replace('.', '__')}" for name in names]


def written_by(serializer: type[serializers.Serializer], names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """Return what these fields of a serializer say, from the values of their lookups; what is not known is None."""
    fields = fields_of(serializer)
    return {
        name: None if value in (None, "") else fields[name].to_representation(value)
        for name, value in zip(names, values, strict=True)
    }


def expanded(queryset: QuerySet, keys: Sequence[int], wanted: Expansions) -> dict[int, dict[str, Any]]:
    """Return the related records of the rows with these keys, by key; None for a row that has none. One query."""
    lookups: list[str] = []
    places: dict[str, slice] = {}
    for name, (lookup, serializer) in wanted.items():
        begin = len(lookups)
        lookups += [f"{lookup}__pk", *lookups_of(serializer, list(fields_of(serializer)), f"{lookup}__")]
        places[name] = slice(begin, len(lookups))
    found: dict[int, dict[str, Any]] = {}
    for key, *values in queryset.filter(pk__in=keys).values_list("pk", *lookups):
        found[key] = {}
        for name, place in places.items():
            related, *said = values[place]
            serializer = wanted[name][1]
            said_of = written_by(serializer, list(fields_of(serializer)), said)
            found[key][f"{name}{SUFFIX}"] = None if related is None else said_of
    return found


def with_expansions(serializer: type[serializers.Serializer], expansions: Expansions) -> type[serializers.Serializer]:
    """Return the description of rows to which related records may be added; the same class each time."""
    if not expansions:
        return serializer
    described = (serializer, tuple(expansions))
    if described in _with_related:
        return _with_related[described]
    added = {
        f"{name}{SUFFIX}": related(allow_null=True, required=False, help_text="在expand中给出时才有")
        for name, (_, related) in expansions.items()
    }
    name = f"{serializer.__name__.removesuffix('Serializer')}WithRelatedSerializer"
    _with_related[described] = extended(serializer, name, added)
    return _with_related[described]


def extended(
    serializer: type[serializers.Serializer], name: str, added: Mapping[str, serializers.Field]
) -> type[serializers.Serializer]:
    """Return a serializer of this name that says what another one says, and these fields."""
    declared: dict[str, Any] = dict(added)
    if (meta := getattr(serializer, "Meta", None)) is not None:
        declared["Meta"] = type("Meta", (meta,), {"fields": (*meta.fields, *added)})
    return type(name, (serializer,), declared)
