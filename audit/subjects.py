"""What the trail and the change log know of one record, also of one that no longer exists."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Model, Q
from django.http import Http404

from audit.filters import made_from, made_until
from audit.kinds import in_order
from changelog.history import changes_of
from changelog.models import ChangeRecord, ChangeRecordQuerySet, TrailRecord, TrailRecordQuerySet
from changelog.trail import TrailKind
from changzhi_portal.personal import holds_personal_data
from changzhi_portal.records import Record
from changzhi_portal.registers.registry import register_of
from changzhi_portal.rights import Actor
from changzhi_portal.scope import ScopedModel, paths_above
from communities.models import Division

K = TrailKind
# Files with a person's numbers in clear.
_CLEAR_FILES = (K.UPLOADED, K.ORIGINAL, K.MARKED)
# What is about no single record; the addresses of what was found stand in the detail.
_LOOKED_UP = (K.SEARCHED, K.SUBJECT_REQUEST)


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

    def seen_in_clear(self) -> list[TrailRecordQuerySet]:
        """Return what has shown its numbers to somebody: the page in clear, exports in clear, uploaded files.

        Of exports it is those of its register for an area it belonged to; of files, uploads that wrote it.
        """
        with_file = self._own_changes.order_by().filter(change_set__batch__isnull=False)
        batches = list(with_file.values_list("change_set__batch__ref", flat=True).distinct())
        files = self._events.filter(model="uploads.uploadbatch", object_ref__in=batches, kind__in=_CLEAR_FILES)
        return [self._of_record.filter(kind=K.UNMASKED), files, self._exports(K.EXPORTED_CLEAR)]

    def seen_masked(self) -> list[TrailRecordQuerySet]:
        """Return what has shown it with its numbers masked: its page, its number looked up, exports, templates."""
        looked_up = self._events.filter(kind__in=_LOOKED_UP, detail_json__contains=f"/{self.ref}/")
        templates = self._exports(K.TEMPLATE).filter(detail_json__contains='"filled": true')
        return [
            self._of_record.filter(kind=K.VIEWED),
            looked_up,
            self._exports(K.EXPORTED),
            self._exports(K.CALLED).filter(rows__gt=0),
            templates,
        ]

    def other_events(self) -> list[TrailRecordQuerySet]:
        """Return everything else that is about it, such as downloads of its file."""
        return [self._of_record.exclude(kind__in=(K.UNMASKED, K.VIEWED, K.CALLED) if self.is_personal else ())]

    @property
    def _events(self) -> TrailRecordQuerySet:
        """Filter for the events of the days that the user may see, the newest first."""
        found = TrailRecord.objects.filter(self.days.condition(), division__in=self._visible.values())
        return found.select_related("made_by__division__parent").order_by("-made_at", "-pk")

    @property
    def _of_record(self) -> TrailRecordQuerySet:
        return self._events.filter(model=self.label, object_ref=self.ref)

    def _exports(self, *kinds: TrailKind) -> TrailRecordQuerySet:
        """Filter for exports that hold the record: of its register, for an area that it belonged to, since it was added."""
        register = register_of(self.model)
        if register is None:
            return TrailRecord.objects.none()
        exports = self._events.exports(kinds, title=register().title, since=self._added_at)
        return exports.filter(division__in=self._areas)

    @cached_property
    def _added_at(self) -> datetime.datetime | None:
        return None if self.record is None else ChangeRecord.objects.added_at(self.record)

    @cached_property
    def _visible(self) -> dict[str, int]:
        """Return the keys of the divisions in the user's scope by their paths: by key the trail is read without a join."""
        return dict(Division.objects.visible_to(self.user).values_list("path", "pk"))

    @cached_property
    def _areas(self) -> list[int]:
        """Return the keys of the divisions whose exports hold it."""
        above = {path for place in self._places for path in paths_above(place)}
        return [key for path, key in self._visible.items() if path in above]

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


class KindNumber(NamedTuple):
    """How often something of a kind happened, and by how many people; `has_more` where only so many were counted."""

    title: str
    times: int
    people: int
    has_more: bool


@dataclass(frozen=True)
class Gathered:
    """Events of several sources, the newest first, and their numbers by kind."""

    records: list[TrailRecord]
    has_more: bool
    numbers: list[KindNumber]


def gathered(sources: Sequence[TrailRecordQuerySet], *, most: int) -> Gathered:
    """Return the newest events of sources, at most so many of each, and their numbers.

    The sources have no kind in common. Each is asked by itself, so that its own index serves, and none is counted beyond
    what is listed: among a million records that takes longer than a page.
    """
    records: list[TrailRecord] = []
    numbers: dict[str, KindNumber] = {}
    for source in sources:
        newest = list(source[: most + 1])
        listed = newest[:most]
        records += listed
        for kind in {each.kind for each in listed}:
            by = [each.made_by_id for each in listed if each.kind == kind]
            numbers[kind] = KindNumber(str(TrailKind(kind).label), len(by), len(set(by) - {None}), len(newest) > most)
    records.sort(key=lambda each: (each.made_at, each.pk), reverse=True)
    has_more = len(records) > most or any(number.has_more for number in numbers.values())
    return Gathered(records[:most], has_more, [numbers[kind.value] for kind in in_order(numbers)])


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
