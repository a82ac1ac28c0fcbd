"""What has changed in a register since an earlier reading (`modified_since` of the API).

A position is the number of a seal of the trail. Numbers of change sets are drawn before they are committed, so a later
one may be seen earlier; a seal gets its number when its change set is seen, and everything before it is seen too. So
nothing is passed over, and a change is told of once it is sealed, some seconds after it was made.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min, Model, Q, QuerySet

from changelog.actions.apply import owner_of
from changelog.models import ChangeRecord, ChangeRecordQuerySet, ChangeSet, TrailRecord, TrailSeal
from changzhi_portal.api.problems import BadRequestError
from changzhi_portal.refusals import GoneError
from changzhi_portal.registers.feed import Span
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor
from changzhi_portal.scope import ScopedModel, scope_path_of

_NEWEST = 100  # change sets among which the newest seal is looked for


def position_of(since: datetime.datetime | int | None) -> int:
    """Return the position of a moment; None stands for now, and a number is a position already.

    Raises GoneError where changes since then are in an archive of the trail, BadRequestError for a position that was
    never given out.
    """
    if since is None:
        # That of the newest change: what was only read moves nothing on, so that an answer stays the same. One of an older
        # change set that was sealed later is told of twice.
        newest_sets = ChangeSet.objects.order_by("-pk").values("pk")[:_NEWEST]
        sealed = TrailSeal.objects.filter(record__change_set__in=newest_sets)
        return sealed.aggregate(newest=Max("seq"))["newest"] or 0
    known = TrailSeal.objects.aggregate(oldest=Min("seq"), newest=Max("seq"))
    oldest, newest = known["oldest"] or 1, known["newest"] or 0
    if isinstance(since, datetime.datetime):
        later = TrailRecord.objects.filter(made_at__gte=since, seal__isnull=False)
        first = later.aggregate(first=Min("seal"))["first"]
        since = newest if first is None else first - 1
        # Whether earlier records were made after the moment too is not known any more.
        if since < oldest and oldest > 1:
            raise _archived()
        return since
    if since < oldest - 1:
        raise _archived()
    if since > newest:
        raise BadRequestError(
            "这个位置不是本平台给出的，请重新全部读取一次。",
            cure=f"The newest position is {newest}. Read everything once more.",
            field="modified_since",
        )
    return since


def _archived() -> GoneError:
    return GoneError(
        "这个时间以前的变更记录已经归档，请重新全部读取一次。",
        cure="The changes since then are archived. Read everything once more.",
        field="modified_since",
    )


@dataclass(frozen=True, slots=True)
class Touched:
    """What was changed in a register within a span; see `changzhi_portal.registers.feed.TouchedRecords`."""

    register: RegisterSheet
    span: Span
    user: Actor

    @property
    def changes(self) -> ChangeRecordQuerySet:
        """Return the changes of the span, of every model."""
        seals = TrailSeal.objects.filter(seq__gt=self.span.after, seq__lte=self.span.until)
        return ChangeRecord.objects.filter(change_set__in=seals.values("record__change_set"))

    def changes_of(self, model: type[ScopedModel]) -> ChangeRecordQuerySet:
        """Return the changes of one model that may concern the user: those of the own area, and moves between places.

        A change belongs to the place where it left the record, so that who had it before is told by the move.
        """
        places = [f"{lookup.partition('__')[0]}_id" for lookup in model.scope_lookups]
        near = Q(before__has_any_keys=places)
        if (path := scope_path_of(self.user)) is not None:
            near |= ChangeRecord.in_subtree(path)
        return self.changes.filter(near, model=model._meta.label_lower)

    def keys_after(self, key: int, most: int) -> list[int]:
        """Return the keys of the first records beyond a key, in their order, that changed themselves or by what belongs to them.

        Those are their parts, and what they name (`names_of`). Only models of which something changed are asked, and each
        only for so many keys: a page of a long list of changes costs as much as its rows.
        """
        model, changes = self.register.model, self.changes
        changed = set(changes.order_by().values_list("model", flat=True).distinct())
        found: set[int] = set()

        def take(keys: QuerySet[Any, Any], column: str) -> None:
            beyond = keys.filter(**{f"{column}__gt": key}).order_by(column).values_list(column, flat=True)
            found.update(beyond.distinct()[:most])

        if model._meta.label_lower in changed:
            take(self.changes_of(model), "object_id")
        for part, owner in _parts(model):
            if part._meta.label_lower in changed:
                own = self.changes_of(part)
                take(part._base_manager.filter(pk__in=own.order_by().values("object_id")), owner)
                gone = own.filter(kind=ChangeRecord.Kind.REMOVED)
                owners = gone.values_list(f"before__{owner}", flat=True).distinct()
                found.update(each for each in owners if each is not None and each > key)
        for lookup in self.register.names_of:
            named = _model_at(model, lookup)
            if named._meta.label_lower in changed:
                take(model._base_manager.filter(**{f"{lookup}__in": _keys(changes, named)}), "pk")
        return sorted(found)[:most]

    def seen(self, keys: Collection[int]) -> set[int]:
        """Return those of the keys whose records lie, or have lain, in the user's area.

        The change log says so: what was written there belongs there.
        """
        seen = ChangeRecord.objects.visible_to(self.user).filter(
            model=self.register.model._meta.label_lower, object_id__in=keys
        )
        return set(seen.order_by().values_list("object_id", flat=True).distinct())

    def refs_of(self, keys: Collection[int]) -> dict[int, str]:
        """Return the refs that records with these keys had, by key: of records that were removed, and stand nowhere else."""
        gone = ChangeRecord.objects.filter(
            model=self.register.model._meta.label_lower, object_id__in=keys, kind=ChangeRecord.Kind.REMOVED
        )
        return dict(gone.values_list("object_id", "object_ref"))


def _keys(changes: ChangeRecordQuerySet, model: type[Model]) -> QuerySet[Any, Any]:
    return changes.filter(model=model._meta.label_lower).order_by().values("object_id")


def _parts(model: type[Model]) -> Iterator[tuple[Any, str]]:
    """Yield each kind of part that records of a model have: its model, and its foreign key to them."""
    for name in getattr(model, "history_parts", ()):
        part = model._meta.get_field(name).related_model
        yield part, owner_of(part).attname


def _model_at(model: type[Model], lookup: str) -> type[Model]:
    for step in lookup.split("__"):
        model = model._meta.get_field(step).related_model  # type: ignore[assignment]  # a model, never "self"
    return model
