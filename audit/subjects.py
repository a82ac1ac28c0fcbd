"""What the trail and the change log know of one record, also of one that no longer exists."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db.models import Count, Model, Q
from django.http import Http404

from accounts.models import paths_above
from audit.filters import made_from, made_until
from audit.kinds import in_order
from changelog.history import changes_of
from changelog.models import ChangeRecord, ChangeRecordQuerySet, TrailRecord, TrailRecordQuerySet
from changelog.trail import TrailKind
from changzhi_portal.personal import holds_personal_data
from changzhi_portal.records import Record
from changzhi_portal.registers.registry import register_of
from changzhi_portal.rights import Actor
from changzhi_portal.scope import ScopedModel
from communities.models import Division

K = TrailKind
# What shows one person's numbers in clear; files with them are told of by other records.
_CLEAR = (K.UNMASKED, K.SUBJECT_REQUEST)
_CLEAR_FILES = (K.UPLOADED, K.ORIGINAL, K.MARKED)
_MASKED = (K.VIEWED, K.SEARCHED)
_MASKED_FILES = (K.EXPORTED, K.TEMPLATE)


@dataclass(frozen=True)
class Days:
    """The days of a question; without one of them, since the beginning or until now."""

    first: datetime.date | None = None
    last: datetime.date | None = None

    def condition(self, prefix: str = "") -> Q:
        """Return the condition on `made_at`; `prefix` leads to the model that has it."""
        first = made_from(self.first, prefix) if self.first is not None else Q()
        return first & made_until(self.last, prefix) if self.last is not None else first


@dataclass
class Subject:
    """One record that an auditor asks about, as far as the user may know of it."""

    model: type[Model]
    ref: str
    user: Actor
    record: Any  # None if it is gone, or lies outside the user's scope now
    days: Days = field(default_factory=Days)

    @property
    def label(self) -> str:
        """Return the model's name in the trail."""
        return self.model._meta.label_lower

    @property
    def kind(self) -> str:
        """Return what the record is: 社会工作者."""
        return str(self.model._meta.verbose_name)

    @property
    def url(self) -> str:
        """Return the address of the record's page; "" where there is none."""
        return self.record.get_absolute_url() if isinstance(self.record, Record) else ""

    @cached_property
    def name(self) -> str:
        """Return what the record is called, or was called last; "" if nothing is known of it."""
        if self.record is not None:
            return str(self.record)
        event = self._about.order_by("-pk").first()
        change = None if event is not None else self._own_changes.order_by("-pk").first()
        return event.object_label if event is not None else change.object_label if change is not None else ""

    @property
    def is_personal(self) -> bool:
        """Return whether such records hold personal numbers."""
        return holds_personal_data(self.model)

    @property
    def _about(self) -> TrailRecordQuerySet:
        return TrailRecord.objects.visible_to(self.user).filter(model=self.label, object_ref=self.ref)

    @property
    def _own_changes(self) -> ChangeRecordQuerySet:
        of_record = (
            Q(object_ref=self.ref) if self.record is None else Q(object_id=self.record.pk)
        )  # of the two only the key has an index
        return ChangeRecord.objects.visible_to(self.user).filter(of_record, model=self.label)

    # --- Who has seen it ---

    def seen_in_clear(self) -> TrailRecordQuerySet:
        """Filter for what has shown its numbers to somebody: the page in clear, exports in clear, uploaded files.

        Of exports it is those of its register for an area it belonged to; of files, uploads that wrote it.
        """
        with_file = self._own_changes.order_by().filter(change_set__batch__isnull=False)
        batches = list(with_file.values_list("change_set__batch__ref", flat=True).distinct())
        files = Q(model="uploads.uploadbatch", object_ref__in=batches, kind__in=_CLEAR_FILES)
        on_page = Q(model=self.label, object_ref=self.ref, kind__in=_CLEAR)
        return self._listed(on_page, files, self._exports([K.EXPORTED_CLEAR]))

    def seen_masked(self) -> TrailRecordQuerySet:
        """Filter for what has shown it with its numbers masked: its page, a search for its number, exports, templates."""
        on_page = Q(model=self.label, object_ref=self.ref, kind__in=_MASKED)
        return self._listed(on_page, self._exports(_MASKED_FILES))

    def other_events(self) -> TrailRecordQuerySet:
        """Filter for everything else that is about it, such as downloads of its file."""
        seen = (*_CLEAR, *_MASKED) if self.is_personal else ()
        return self._listed(Q(model=self.label, object_ref=self.ref) & ~Q(kind__in=seen))

    def _listed(self, *conditions: Q) -> TrailRecordQuerySet:
        """Filter for the events of the days of which one condition holds and that the user may see; the newest first.

        The conditions are asked apart, each with its own index: in one OR, the database would read the whole trail.
        """
        first, *others = (
            TrailRecord.objects.filter(condition, self.days.condition()).order_by().values("pk")
            for condition in conditions
        )
        found = TrailRecord.objects.visible_to(self.user).filter(pk__in=first.union(*others) if others else first)
        return found.select_related("made_by__division__parent").order_by("-made_at", "-pk")

    def _exports(self, kinds: Any) -> Q:
        """Return the condition on exports that hold the record: of its register, for an area that it belonged to."""
        register = register_of(self.model)
        if register is None:
            return Q(pk__in=())
        filled = Q(kind=K.TEMPLATE, detail_json__contains='"filled": true') | ~Q(kind=K.TEMPLATE)
        return Q(kind__in=kinds, object_label=register().title, division__in=self._areas) & filled

    @cached_property
    def _areas(self) -> list[int]:
        """Return the keys of the divisions whose exports hold it; keys, so that the index of the trail serves."""
        above = {path for place in self._places for path in paths_above(place)}
        return list(Division.objects.filter(path__in=above).values_list("pk", flat=True))

    @cached_property
    def _places(self) -> set[str]:
        """Return the paths of the divisions that it belongs to, and belonged to when it was seen or changed."""
        own = self.record.belongs_to() if isinstance(self.record, Record) else None
        changed, seen = self._own_changes.order_by().values("division"), self._about.order_by().values("division")
        paths = Division.objects.filter(Q(pk__in=changed) | Q(pk__in=seen)).values_list("path", flat=True)
        return {*paths, *([own.path] if own is not None else [])}

    # --- Who has changed it ---

    def changes(self) -> ChangeRecordQuerySet:
        """Filter for its changes and those of its parts on the days that the user may see, the newest first."""
        found = self._own_changes if self.record is None else changes_of(self.record, self.user)
        return found.filter(self.days.condition("change_set__")).order_by("-id")


def numbers_of(events: TrailRecordQuerySet) -> list[tuple[str, int, int]]:
    """Return for each kind how often it happened, and by how many people."""
    rows = events.order_by().values_list("kind").annotate(Count("pk"), Count("made_by", distinct=True))
    found = {kind: (number, people) for kind, number, people in rows}
    return [(kind.label, *found[kind.value]) for kind in in_order(found)]


def find_subject(label: str, ref: str, user: Actor) -> Subject:
    """Return a record by model ("app_label.modelname") and ref; raises Http404.

    One of which the user may see neither itself nor any trace does not exist for them.
    """
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Http404(f"There is no model {label!r}.") from error
    subject = Subject(model, ref, user, _record(model, ref, user))
    if not (ref and subject.name):
        raise Http404(f"{label} {ref} is unknown to this user.")
    return subject


def _record(model: type[Model], ref: str, user: Actor) -> Any:
    """Return the record within the user's scope, one that was merged into another too; None without any."""
    if not (issubclass(model, ScopedModel) and any(field.name == "ref" for field in model._meta.concrete_fields)):
        return None
    rows: Any = getattr(model, "with_merged", model._default_manager)
    return rows.visible_to(user).filter(ref=ref).first()
