"""How long the change log keeps the numbers of people who are gone, and of records that are no more.

A model says who is gone: `gone_before(moment)` returns its records. What is wiped can no longer be undone, so the time is
also that for undoing: younger changes are never touched.
"""

from __future__ import annotations

import datetime
from typing import Final

from django.apps import apps
from django.db.models import Q, QuerySet

from changelog.models import ChangeRecord, sealed_kinds
from changelog.sealed import LOGGED_VALUES
from changzhi_portal.models import CallAnswer
from changzhi_portal.personal import holds_personal_data, is_wiped
from changzhi_portal.retention import RetentionRule, wiped_ciphertext

_NOTHING: Final = Q(pk__in=())


def _of_the_gone(before: datetime.datetime) -> Q:
    """Return the condition on change records from before a moment of people and organizations that were gone by then."""
    found = _NOTHING
    for model in filter(holds_personal_data, apps.get_models()):
        label = model._meta.label_lower
        gone = ~Q(object_id__in=model._base_manager.values("pk"))
        if hasattr(model, "gone_before"):
            gone |= Q(object_id__in=model.gone_before(before).values("pk"))
        found |= Q(model=label) & gone
    return Q(change_set__made_at__lt=before) & found


def _count(before: datetime.datetime) -> int:
    """Return how many change records hold a number that is to be wiped."""
    number = 0
    for keys in LOGGED_VALUES.key_batches(_of_the_gone(before)):
        rows = ChangeRecord.objects.filter(pk__in=keys).values_list("model", "before", "after")
        number += sum(any(_numbers(model, side) for side in sides) for model, *sides in rows)
    return number


def _numbers(model: str, values: dict[str, object]) -> list[str]:
    kinds = sealed_kinds(model)
    return [value for name, value in values.items() if name in kinds and isinstance(value, str) and not is_wiped(value)]


def _wipe(before: datetime.datetime) -> int:
    batches = LOGGED_VALUES.key_batches(_of_the_gone(before))
    return sum(LOGGED_VALUES.rewrite(keys, wiped_ciphertext, waits=True) for keys in batches)


LOGGED_NUMBERS = RetentionRule("logged_values", "已离开的人在变更记录里的号码", 40, count=_count, wipe=_wipe)


def _answers(before: datetime.datetime) -> QuerySet[CallAnswer]:
    return CallAnswer.objects.filter(claimed_at__lt=before)


CALL_ANSWERS = RetentionRule(
    "call_answers",
    "接口写入的回答",
    80,
    count=lambda before: _answers(before).count(),
    wipe=lambda before: _answers(before).delete()[0],
)
