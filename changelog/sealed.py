"""The ciphertexts of the change log: values of personal fields in `before` and `after`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from changelog.history import FieldChange, logged_edits
from changelog.models import ChangeRecord, logged_at, sealed_kinds
from changzhi_portal.personal import is_wiped
from changzhi_portal.personal.stores import Ciphertext, HeldLine, Replace, Row, SealedJson
from changzhi_portal.rights import Actor


def _walk(row: Row, replace: Replace) -> dict[str, Any]:
    kinds = sealed_kinds(row["model"])
    new = {}
    for side in ("before", "after"):
        new[side] = {
            name: replace(Ciphertext(value, logged_at(row["model"], name, row["object_ref"]), kinds[name]))
            if name in kinds and isinstance(value, str) and not is_wiped(value)
            else value
            for name, value in row[side].items()
        }
    return new


def _of_personal_models() -> Q:
    return Q(model__in=[label for label in (m._meta.label_lower for m in apps.get_models()) if sealed_kinds(label)])


def _about(records: Mapping[type[models.Model], Sequence[int]]) -> Q:
    found = Q(pk__in=())
    for model, keys in records.items():
        found |= Q(model=model._meta.label_lower, object_id__in=keys)
    return found


def _lines(keys: Sequence[int], user: Actor) -> list[HeldLine]:
    rows = list(ChangeRecord.objects.visible_to(user).filter(pk__in=keys).with_sources())
    return [
        HeldLine(
            edit.entry.made_at,
            f"{edit.record_kind}：{edit.record_name}",
            edit.url,
            f"{edit.entry.made_by}{edit.entry.kind}。{'；'.join(map(_in_words, edit.entry.changes))}",
        )
        for edit in logged_edits(rows, user)
    ]


def _in_words(change: FieldChange) -> str:
    return f"{change.label}：{change.old}改为{change.new}"


LOGGED_VALUES = SealedJson(
    ChangeRecord,
    columns=("before", "after"),
    needs=("model", "object_ref"),
    walk=_walk,
    title="变更记录",
    describe=_lines,
    about=_about,
    among=_of_personal_models,
)
