"""The ciphertexts of the change log: values of personal fields in `before` and `after`."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Q

from changelog.models import ChangeRecord, logged_at, sealed_kinds
from changzhi_portal.personal import is_wiped
from changzhi_portal.personal.stores import Ciphertext, Replace, Row, SealedJson


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


LOGGED_VALUES = SealedJson(
    ChangeRecord,
    columns=("before", "after"),
    needs=("model", "object_ref"),
    walk=_walk,
    among=_of_personal_models,
)
