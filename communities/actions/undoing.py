"""Taking back applied changes of divisions and communities, as long as nothing later builds on them (docs/domain.md §3.9)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import F, ProtectedError, Value
from django.db.models.functions import Concat

from changelog.actions import reverse_change_set
from changelog.models import ChangeRecord, ChangeSet, RegisterLock
from changzhi_portal.bulk import in_batches
from changzhi_portal.records import followers
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.registry import registers
from changzhi_portal.rights import Actor
from communities.actions.division_changes import rewrite_paths
from communities.models import Community, CommunityPlacement, CommunityProfile, Division, DivisionChange, RecordMove
from periods.models import ReportingPeriod

_NOT_UNDONE = "没有撤销"


def change_set_of(change: DivisionChange) -> ChangeSet | None:
    """Return the change set that applied a change; None when it is not applied."""
    logged = ChangeRecord.objects.of_object(change).filter(after__has_key="applied_at")
    newest = logged.select_related("change_set").first() if change.applied_at is not None else None
    return newest.change_set if newest is not None else None


@transaction.atomic
def undo_changes(change_set: ChangeSet, *, by: Actor) -> ChangeSet:
    """Undo the changes that this change set applied, all together, and return the change set of that.

    They are noted again afterwards, not applied. Raises InvalidError, and writes nothing, when a month that they have
    changed has been locked since, or when something that was written later depends on them.
    """
    for register in registers():
        RegisterLock.objects.lock(register.name)
    ReportingPeriod.objects.keep_from_locking()
    changes = _changes_of(change_set)
    if not changes or any(change.applied_at is None for change in changes):
        raise InvalidError("这些变更已经撤销或没有应用，请刷新页面。", cure="These changes are not applied.")
    _refuse_locked_since(change_set, changes[0].effective_on)
    opened = change_set.records.filter(model=Division._meta.label_lower, kind=ChangeRecord.Kind.CREATED)
    if opened.exists():
        raise InvalidError(
            f"这次变更新设了县（市、区）或街道（乡镇），变更记录已归在它们名下，{_NOT_UNDONE}；请改为登记一项新的变更。",
            cure="The change log refers to the new divisions.",
        )
    if change_set.records.filter(batch_row__isnull=True).exists():
        raise InvalidError(
            f"这次变更是旧版本应用的，{_NOT_UNDONE}；请改为登记一项新的变更。",
            cure="It was applied by an older version.",
        )
    logged = list(change_set.records.values_list("model", "object_id", "kind", "before"))
    RecordMove.objects.filter(change_set=change_set).delete()
    _make_room(logged, changes[0].effective_on)
    try:
        # New communities are removed after everything that refers to them has been restored.
        reversal = reverse_change_set(
            change_set, by=by, models_in_order=_models_of(logged), removed_last=frozenset({Community})
        )
    except ProtectedError as error:
        raise InvalidError(
            f"新的区划或社区已被使用，{_NOT_UNDONE}；请改为登记一项新的变更。",
            cure="Records written later refer to the new places.",
        ) from error
    reasons = [*reversal.kept.values(), *reversal.failed.values()]
    if reasons or reversal.change_set is None:
        raise InvalidError(
            f"变更以后又有改动（{'；'.join(reasons[:3])}），{_NOT_UNDONE}；请改为登记一项新的变更。",
            cure=f"Later changes depend on these: {reasons}",
        )
    rewrite_paths()
    return reversal.change_set


def _changes_of(change_set: ChangeSet) -> list[DivisionChange]:
    applied = change_set.records.filter(model=DivisionChange._meta.label_lower).values("object_id")
    return list(DivisionChange.objects.filter(pk__in=applied).order_by("effective_on"))


def _refuse_locked_since(change_set: ChangeSet, day: datetime.date) -> None:
    frozen = ReportingPeriod.objects.locked().filter(month__gte=day.replace(day=1), locked_at__gt=change_set.made_at)
    newest = frozen.order_by("month").first()
    if newest is not None:
        raise InvalidError(
            f"{newest}已按这次变更锁定，{_NOT_UNDONE}；请改为登记一项新的变更。",
            cure=f"{newest.code} has been locked since.",
        )


Logged = tuple[str, int, str, dict[str, Any]]


def _models_of(logged: Sequence[Logged]) -> list[type[models.Model]]:
    ordered = [DivisionChange, Division, Community, CommunityPlacement, CommunityProfile, *followers()]
    others = {apps.get_model(model) for model, *_ in logged} - set(ordered)
    return [*ordered, *sorted(others, key=lambda model: model._meta.label)]


def _make_room(logged: Sequence[Logged], day: datetime.date) -> None:
    """Free the codes and names that others get back, and remove what was computed of new communities in months that are open."""
    created = ChangeRecord.Kind.CREATED
    label = Community._meta.label_lower
    new = [key for model, key, kind, _ in logged if model == label and kind == created]
    Community.objects.filter(pk__in=new).update(closed_on=day)
    for relation in Community._meta.related_objects:
        computed: Any = relation.related_model
        if getattr(computed, "is_computed", False):
            for batch in in_batches(new):
                computed._base_manager.filter(**{f"{relation.field.attname}__in": batch}).delete()
    recoded = [key for model, key, kind, before in logged if model == label and kind != created and "code" in before]
    for batch in in_batches(recoded):
        Community.objects.filter(pk__in=batch).update(code=Concat(Value("~"), F("pk"), output_field=models.CharField()))
