"""The places that records leave and go to, in words for the preview of a file (docs/spreadsheets.md §4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import models

from changzhi_portal.bulk import in_batches
from changzhi_portal.records import field_of
from changzhi_portal.registers.writes import Wording, Write
from communities.models import Community
from communities.places import PlaceIndex

OF_OTHERS = "其他单位"  # nobody is told which
BOTH_HEADER = "属地"  # of a record that goes from a community to a division, or back
_KEYS = ("community_id", "division_id")


def put_places_in_words(writes: Iterable[Write], index: PlaceIndex) -> None:
    """Set the wording of every write that brings an existing record, or its new part, to another place.

    At most one query for a thousand places, and only for communities that are closed: the others are in the index.
    """
    moved = [write for write in writes if _moves(write)]
    if not moved:
        return
    names = _community_names({key for write in moved for key in _communities_of(write)}, index)
    for write in moved:
        before: Mapping[str, Any] = write.follows or write.before
        old, new = _place_in(before), _place_in(write.after)
        keys = [key for key, was, is_now in zip(_KEYS, old, new, strict=True) if was != is_now]
        if keys:
            header = BOTH_HEADER if len(keys) > 1 else _header(type(write.instance), keys[0])
            wording = Wording(header, _in_words(*old, index, names), _in_words(*new, index, names))
            write.words = {**write.words, **dict.fromkeys(keys, wording)}


def _moves(write: Write) -> bool:
    if write.is_said or (write.is_new and not write.follows):
        return False
    return "community_id" in write.after or "division_id" in write.after


def _place_in(values: Mapping[str, Any]) -> tuple[int | None, int | None]:
    return values.get("community_id"), values.get("division_id")


def _communities_of(write: Write) -> tuple[int | None, int | None]:
    return (write.follows or write.before).get("community_id"), write.after.get("community_id")


@cache
def _header(model: type[models.Model], key: str) -> str:
    return str(field_of(model, key.removesuffix("_id")).verbose_name)


def _community_names(keys: Iterable[int | None], index: PlaceIndex) -> dict[int, str]:
    """Return town and name of communities of the office, by key; those that are closed are looked up."""
    names: dict[int, str] = {}
    closed: set[int] = set()
    for key in keys:
        if key is None:
            continue
        known = index.communities.get(key)
        if known is None:
            closed.add(key)
        else:
            names[key] = f"{index.divisions[known.town_id].name} {known.name}"
    for batch in in_batches(list(closed)):
        inside = Community.objects.filter(Community.in_subtree(index.scope_path), pk__in=batch)
        names |= {key: f"{town} {name}" for key, town, name in inside.values_list("pk", "town__name", "name")}
    return names


def _in_words(community: int | None, division: int | None, index: PlaceIndex, names: Mapping[int, str]) -> str:
    if community is not None:
        return names.get(community, OF_OTHERS)
    if division is None:
        return ""
    known = index.divisions[division]
    is_own = index.lies_in_scope(known.pk) or index.lies_in_scope(index.today_of(known).pk)
    return known.name if is_own else OF_OTHERS


def listed(names: Sequence[str], *, most: int = 5) -> str:
    """Return names in quotation marks, the first `most` of them and how many there are."""
    shown = "、".join(f"“{name}”" for name in names[:most])
    return f"{shown}等{len(names)}个社区" if len(names) > most else shown
