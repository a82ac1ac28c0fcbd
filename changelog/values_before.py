"""What records said on a day, as far as it has been changed since: read backwards from the change log."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

from changelog.history import display_logged
from changelog.models import ChangeRecord, logged_value
from changzhi_portal.records import field_of
from changzhi_portal.registers.columns import Column
from changzhi_portal.rights import Actor
from periods.models import beginning_of

# Values by attribute, by model ("app_label.modelname") and key. Those of a record that was added since are empty.
ValuesBefore = Mapping[tuple[str, int], Mapping[str, Any]]


def values_before(
    records: Mapping[type[models.Model], Collection[int]], day: datetime.date, user: Actor
) -> ValuesBefore:
    """Return what records (keys by model) said before `day`, for the attributes that were changed since. One query.

    Changes that the user may not see are left out.
    """
    wanted = Q(pk__in=())
    for model, keys in records.items():
        wanted |= Q(model=model._meta.label_lower, object_id__in=keys)
    since = ChangeRecord.objects.visible_to(user).filter(wanted, change_set__made_at__gte=beginning_of(day))
    found: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    rows = since.order_by("id").values_list("model", "object_id", "object_ref", "kind", "before", "after")
    for label, key, ref, kind, before, after in rows:
        known = found[label, key]
        earlier = dict.fromkeys(after) if kind == ChangeRecord.Kind.CREATED else before
        for name, value in earlier.items():
            known.setdefault(name, logged_value(label, ref, name, value))
    return found


def text_before(column: Column, stored: Any) -> str:
    """Return a value of `values_before` as text, under the column that writes it; personal data are masked."""
    if column.model is None:
        return ""
    try:
        field = field_of(column.model, column.attribute)
    except FieldDoesNotExist:
        return ""
    return display_logged(field, column, stored, {})
