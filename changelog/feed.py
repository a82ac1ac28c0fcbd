"""What has changed in a register since an earlier reading (`modified_since` of the API).

A position is the number of a seal of the trail. Numbers of change sets are drawn before they are committed, so a later
one may be seen earlier; a seal gets its number when its change set is seen, and everything before it is seen too. So
nothing is passed over, and a change is told of once it is sealed, some seconds after it was made.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, Min, Model, OuterRef, Q, QuerySet

from changelog.actions.apply import owner_of
from changelog.models import ChangeRecord, ChangeRecordQuerySet, ChangeSet, TrailRecord, TrailSeal
from changzhi_portal.api.problems import BadRequestError
from changzhi_portal.refusals import GoneError
from changzhi_portal.registers.feed import Span
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor

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

    @property
    def changes(self) -> ChangeRecordQuerySet:
        """Return the changes of the span, of every model."""
        seals = TrailSeal.objects.filter(seq__gt=self.span.after, seq__lte=self.span.until)
        return ChangeRecord.objects.filter(change_set__in=seals.values("record__change_set"))

    def standing(self) -> Q:
        """Return the condition on the register's records that they, one of their parts, or what they name changed.

        It asks for those models only of which something changed.
        """
        model, changes = self.register.model, self.changes
        changed = set(changes.order_by().values_list("model", flat=True).distinct())
        found = Q(pk__in=())
        if model._meta.label_lower in changed:
            found |= Q(pk__in=_keys(changes, model))
        for part, owner in _parts(model):
            if part._meta.label_lower in changed:
                found |= Q(pk__in=part._base_manager.filter(pk__in=_keys(changes, part)).values(owner))
                gone = changes.filter(model=part._meta.label_lower, kind=ChangeRecord.Kind.REMOVED)
                found |= Q(pk__in=list(gone.values_list(f"before__{owner}", flat=True).distinct()))
        for lookup in self.register.names_of:
            named = _model_at(model, lookup)
            if named._meta.label_lower in changed:
                naming = model._base_manager.filter(**{f"{lookup}__in": _keys(changes, named)})
                found |= Q(pk__in=naming.values("pk"))
        return found

    def removed(self) -> ChangeRecordQuerySet:
        """Return the changes by which records were removed, and not made again since."""
        model = self.register.model
        again = model._base_manager.filter(pk=OuterRef("object_id"))
        gone = self.changes.filter(model=model._meta.label_lower, kind=ChangeRecord.Kind.REMOVED)
        return gone.filter(~Exists(again))

    def seen_by(self, user: Actor, key: str) -> Exists:
        """Return the condition that records, by the column with their key, lie or have lain in the user's area.

        The change log says so: what was written there belongs there.
        """
        label = self.register.model._meta.label_lower
        return Exists(ChangeRecord.objects.visible_to(user).filter(model=label, object_id=OuterRef(key)))


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
