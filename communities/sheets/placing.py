"""Sheets whose rows are records at places: how all rows of a file find their records."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar, cast

from django.db.models import Count, Q

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.growth import FEWEST_NEW_OF_ONE_COMMUNITY, Growth, multiplies_community
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.rows import RegisterRow
from communities.models import RecordMove
from communities.places import Place, PlaceIndex
from communities.sheets.place_words import put_places_in_words
from communities.sheets.placed import PlacedSheet


class RecordSheet(PlacedSheet):
    """A placed sheet whose rows are records of one model, found by 记录编号 or else by a natural key."""

    key_cells: ClassVar[tuple[str, ...]]  # where a duplicate is reported
    key_fields: ClassVar[frozenset[str]]  # fields of the model that make up the natural key

    def check(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """See RegisterSheet.check."""
        self._merged_by_ref: dict[str, Any] = {}
        self._by_ref = self._load_refs(rows, context)
        self._places_by_ref = self.places_of(list(self._by_ref.values()))
        self._index = self.place_rows(rows, context)
        for row in rows:
            row.label = row.get("name", "")
            self.reject_clearing(row)
            self.reject_future_dates(row, context.today)
        self._named_too: dict[int, list[Any]] = {}
        self._merged_of: dict[int, Any] = {}
        self._old_keys: dict[int, set[str]] = {}
        self.match(rows, context)
        self._match_renamed(rows, context)
        self._match_refs(rows)
        self._follow_merged(rows, context)
        self._warn_of_lost_communities(rows)
        self.load_related(rows, context)
        self.reject_duplicates(rows, self._identity, *self.key_cells)
        self._reject_taken_over_keys(rows)
        propose_writes = self._propose_without_old_keys if self._old_keys else self.propose_writes
        for row in context.passing(rows, half=1):
            row.is_new = row.target is None
            if row.is_new:
                self.require(row)
            if row.place is not None:
                others = self._named_too.get(id(row))
                known_as = self.name_for_office(row.target) if others and row.target is not None else ""
                propose_writes(row, context)
                if others:
                    self._reject_known_key(row, known_as, others)
                if row.writes:
                    self._say_endings(row)
            # A preview shows the values of a new row and what it does besides, not what it would write, and a large
            # file needs the room.
            if row.has_error or (row.is_new and not context.locking):
                row.writes = []
        put_places_in_words((write for row in rows for write in row.writes), self._index)

    def _warn_of_lost_communities(self, rows: Sequence[RegisterRow]) -> None:
        """Warn of new rows without a community in a file whose cells of communities were merged once.

        Saved as .csv, such a cell is filled in its first row only. A file in which some community stands in two rows, one
        below the other, was not written that way, and its blank ones mean the town or county itself.
        """
        if self.needs_community or all("community_name" in row.values for row in rows):
            return
        names = [row.get("community_name") or row.get("community_code") for row in rows if row.number is not None]
        if not names or not names[0] or all(names):
            return
        if any(name and name == below for name, below in pairwise(names)):
            return
        for row in rows:
            if row.target is None and row.place is not None and row.place.community is None and row.number is not None:
                office = self._index.divisions[row.place.division_id].name
                message = f"社区是空的，按{office}直属读取；如果是合并单元格另存后丢了上面的社区，请逐行补上"
                row.report("ambiguous_place", message, "community_name", level=Level.WARNING)

    @abstractmethod
    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Set `row.target` of rows whose record exists, looking all of them up in batches."""

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load, in batches, what else comparing the matched records needs."""

    @abstractmethod
    def natural_key(self, row: RegisterRow) -> Any:
        """Return what makes two rows the same new record; None when the row does not say enough."""

    @abstractmethod
    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Check the row's values against one another and against the record, and set `row.writes`."""

    def division_for(self, row: RegisterRow, current: int | None) -> int:
        """Return the key of the division that the row's place names, for a record whose division is `current`.

        A fact at town or county level keeps its division when that is closed (docs/domain.md §3): a row that names the
        place by what stands there today says nothing new.
        """
        named: int = row.place.division_id
        if current is not None and self._index.today_of(self._index.divisions[current]).pk == named:
            return current
        return named

    def note_names_of_others(
        self, rows: Sequence[RegisterRow], context: CheckContext, *, field: str, key_of: Callable[[str], str]
    ) -> None:
        """Note the record whose name a row of a file would give to another, when one alone in the office has this name.

        Such a name was sorted or pasted without the rest of the row. A name that several records share says nothing,
        and who edits a single record means it. `field` is that of the model that holds `key_of` a name.
        """
        renaming: defaultdict[str, list[RegisterRow]] = defaultdict(list)
        for row in rows:
            name, target = row.get("name"), cast(Any, row.target)
            if not name or target is None or row.number is None:
                continue
            if comparable(name) != comparable(target.name):
                renaming[key_of(name)].append(row)
        if not renaming:
            return
        named: defaultdict[str, list[Any]] = defaultdict(list)
        for batch in in_batches(list(renaming)):
            inside = self.model.objects.filter(self.model.in_subtree(context.scope_path))
            for record in inside.filter(**{f"{field}__in": batch}):
                named[getattr(record, field)].append(record)
        for key, records in named.items():
            if len(records) == 1:
                for row in renaming[key]:
                    self.note_other(row, records[0])

    @cached_property
    def _endings(self) -> Mapping[type[Any], tuple[str, str]]:
        """Return by model the attribute of the last day, and what the register calls the ending: 停用, 注销, 离岗."""
        return {
            model: (column.attribute, column.header.removesuffix("日期"))
            for model in self.writes_to
            for column in self.columns_of(model)
            if column.attribute == getattr(model, "dated_by", ("", ""))[1]
        }

    def _say_endings(self, row: RegisterRow) -> None:
        """Say that a record is counted no longer, or again: a date alone does not tell."""
        for write in row.writes:
            attribute, ending = self._endings.get(type(write.instance), ("", ""))
            if write.is_said or attribute not in write.after:
                continue
            day, before = write.after[attribute], write.before.get(attribute)
            if day is not None:
                row.say(f"自{day}起{ending}，从这一天起不再计入统计")
            elif before is not None:
                row.say(f"取消{ending}（原为{before}），重新计入统计")

    def division_of(self, record: Any) -> int:
        """See RegisterSheet.division_of. The community's town, else the division itself."""
        community = record.community
        return int(community.town_id if community is not None else record.division_id)

    def _identity(self, row: RegisterRow) -> Any:
        return ("record", row.target.pk) if row.target is not None else self.natural_key(row)

    def _load_refs(self, rows: Sequence[RegisterRow], context: CheckContext) -> dict[str, Any]:
        """Return the records of the scope that the rows' 记录编号 name, by 记录编号."""
        wanted = list({row.get("ref") for row in rows if row.get("ref")})
        found: dict[str, Any] = {}
        for batch in in_batches(wanted):
            known = self.model.objects.filter(self.is_known_in(context.scope_path), ref__in=batch)
            found |= {record.ref: record for record in context.lock(known)}
        if self.may_be_merged:
            for batch in in_batches([ref for ref in wanted if ref not in found]):
                merged = self.model.with_merged.filter(self.is_known_in(context.scope_path), ref__in=batch)
                self._merged_by_ref |= {record.ref: record for record in merged.filter(merged_into__isnull=False)}
        return found

    def is_known_in(self, scope_path: str) -> Q:
        """Return the condition that an office may name a record by its 记录编号."""
        return self.model.in_subtree(scope_path)

    def places_of(self, records: Sequence[Any]) -> dict[int, tuple[int | None, int | None]]:
        """Return the keys of the community and the division of records, by the records' keys."""
        return {record.pk: (record.community_id, getattr(record, "division_id", None)) for record in records}

    def place_by_ref(self, row: RegisterRow, index: PlaceIndex) -> Place | None:
        """See PlacedSheet.place_by_ref."""
        record = self._by_ref.get(row.get("ref", ""))
        if record is None:
            return None
        community_id, division_id = self._places_by_ref.get(record.pk, (None, None))
        return index.place_at(community_id, division_id)

    def growth(self, rows: Sequence[RegisterRow], context: CheckContext) -> list[Growth]:
        """See RegisterSheet.growth. Also of single communities."""
        new: Counter[int] = Counter()
        names: dict[int, str] = {}
        for row in rows:
            if row.is_new and not row.has_error and row.place is not None and row.place.community is not None:
                new[row.place.community.id] += 1
                names[row.place.community.id] = row.place.community.name
        many = {key: number for key, number in new.items() if number >= FEWEST_NEW_OF_ONE_COMMUNITY}
        before = self.count_by_community(list(many)) if many else {}
        grown = [
            Growth(names[key], before.get(key, 0), before.get(key, 0) + number)
            for key, number in many.items()
            if multiplies_community(before.get(key, 0), number)
        ]
        return super().growth(rows, context) + sorted(grown, key=lambda each: each.before - each.after)

    def count_by_community(self, ids: Sequence[int]) -> dict[int, int]:
        """Return how many records communities have, by their keys; none of a register whose records are not theirs."""
        found: dict[int, int] = {}
        for batch in in_batches(ids):
            counted = self.model.objects.filter(community__in=batch).order_by().values("community")
            found |= dict(counted.annotate(number=Count("pk")).values_list("community", "number"))
        return found

    def note_other(self, row: RegisterRow, record: Any) -> None:
        """Note a record, other than the row's own, that one of the row's keys leads to; see `_reject_known_key`."""
        self._named_too.setdefault(id(row), []).append(record)

    def name_for_office(self, record: Any) -> str:
        """Return what a record is called in a sentence to the office; "" when it may not know of it."""
        return str(record.name)

    def note_merged(self, row: RegisterRow, record: Any) -> None:
        """Note that a row names a record that was merged into another one, which the row then means."""
        self._merged_of[id(row)] = record

    def _follow_merged(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Let rows that name a merged record mean the one that it was merged into (docs/domain.md §4.11).

        Where such a row only repeats the duplicate's name, number or place, it does not give them to the other record.
        """
        keys = {record.merged_into_id for record in self._merged_of.values()}
        living: dict[int, Any] = {}
        for batch in in_batches(list(keys)):
            known = self.model.objects.filter(self.is_known_in(context.scope_path), pk__in=batch)
            living |= {record.pk: record for record in context.lock(known)}
        # A record of the file's own rows is one instance, so that its writes see one another.
        living |= {row.target.pk: row.target for row in rows if row.target is not None}
        places = self.places_of(list(living.values()))
        for row in rows:
            merged = self._merged_of.get(id(row))
            if merged is None:
                continue
            target = living.get(merged.merged_into_id)
            if target is None:
                row.report("conflicting_key", "这条记录已并入其他单位的记录，请联系市局", "ref", *self.key_cells)
                continue
            if row.target is not None and row.target.pk != target.pk:
                self.note_other(row, row.target)
            row.target = target
            self._old_keys[id(row)] = self._keys_repeated(row, merged)
            if row.place is not None and self._is_place_of(row, merged):
                row.place = self._index.place_at(*places[target.pk]) or row.place
            row.say(f"“{merged}”已并入“{target}”，这一行更新的是“{target}”")

    def _keys_repeated(self, row: RegisterRow, record: Any) -> set[str]:
        """Return the fields of the register's keys in which a row says what a record, that was merged, says."""
        keys = [column for column in self.columns if column.is_key and column.model is self.model]
        said = {column.field: str(row.get(column.field, "")) for column in keys}
        return {
            each.field for each in keys if comparable(said[each.field]) == comparable(getattr(record, each.attribute))
        }

    def _propose_without_old_keys(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose the writes of a row, without the keys that are those of a merged record; the row itself keeps them."""
        values = row.values
        if old := self._old_keys.get(id(row)):
            row.values = {name: value for name, value in values.items() if name not in old}
        self.propose_writes(row, context)
        row.values = values

    def _match_renamed(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Let rows that name a closed community and a record by its name there mean the record, which was renamed when it moved.

        The successor had a record of that name already, which such a row would mean otherwise.
        """
        named = {
            (row.place.formerly, comparable(row.get("name"))): row
            for row in rows
            if row.place is not None and row.place.formerly is not None and row.get("name")
        }
        if not named:
            return
        moves = RecordMove.objects.of_model(self.model).exclude(name_key="")
        keys: dict[int, tuple[int, str]] = {}
        for batch in in_batches(list({community for community, _ in named})):
            found = moves.filter(from_community__in=batch).order_by("moved_on")
            for pk, community, key in found.values_list("record_id", "from_community", "name_key"):
                keys[pk] = (community, key)
        wanted = {pk: named[key] for pk, key in keys.items() if key in named}
        inside = self.model.objects.filter(self.is_known_in(context.scope_path), pk__in=list(wanted))
        for record in context.lock(inside) if wanted else ():
            row = wanted[record.pk]
            row.target = record
            self._old_keys[id(row)] = {"name"}
            row.say(f"转入时因重名已改称“{record}”，这一行更新的是它，名称不变")

    def _is_place_of(self, row: RegisterRow, record: Any) -> bool:
        """Tell whether a row names the place where a record, that was merged, belongs."""
        community_id, division_id = self.places_of([record])[record.pk]
        if row.place.community is not None or community_id is not None:
            return row.place.community is not None and row.place.community.id == community_id
        return self.division_for(row, division_id) == division_id

    def _match_refs(self, rows: Sequence[RegisterRow]) -> None:
        """Let 记录编号 decide before any key (docs/domain.md §4.2), and report one that the scope does not hold."""
        for row in rows:
            ref = row.get("ref")
            if ref and ref in self._by_ref:
                if row.target is not None and row.target.pk != self._by_ref[ref].pk:
                    self.note_other(row, row.target)
                row.target = self._by_ref[ref]
            elif ref and ref in self._merged_by_ref:
                self.note_merged(row, self._merged_by_ref[ref])
            elif ref:
                self.report_unknown_ref(row)

    @staticmethod
    def report_unknown_ref(row: RegisterRow) -> None:
        """Report a 记录编号 that names no record of the office."""
        row.report("conflicting_key", "没有这个记录编号；新增的行请把记录编号留空", "ref")

    def _reject_known_key(self, row: RegisterRow, known_as: str, others: Sequence[Any]) -> None:
        """Report a row that would give its record the key of another record; one that it leaves as it is may stay.

        `known_as` is what the office calls the row's record, `others` are those that its other keys lead to.
        """
        changed = {name for write in row.writes for name in write.after}
        other = next((each for each in others if row.target is None or each.pk != row.target.pk), None)
        if other is None or changed.isdisjoint({"name", *self.key_fields}):
            return
        cells = sorted(self.key_cells, key=lambda name: name not in changed)
        also_as = self.name_for_office(other)
        if known_as and also_as:
            message = (
                f"这一行的几个号码、名称分别属于“{known_as}”和“{also_as}”两条记录，请核对是否只排序或粘贴了一部分列"
            )
        else:
            message = "改成的名称或号码已属于另一条记录，请核对；不是同一条的请分开填写"
        row.report("conflicting_key", message, *cells)

    def _reject_taken_over_keys(self, rows: Sequence[RegisterRow]) -> None:
        """Report a new row with the key that another row, found by 记录编号, gives its record."""
        if not any(row.get("ref") for row in rows):
            return
        new = {self.natural_key(row) for row in rows if row.target is None} - {None}
        may_clash = (row for row in rows if row.target is None or row.get("ref"))
        first: dict[Any, RegisterRow] = {}
        for row in may_clash:
            key = self.natural_key(row)
            if key in new and (first.setdefault(key, row).target is None) != (row.target is None):
                self.reject_duplicates((first[key], row), self.natural_key, *self.key_cells)
