"""A register: its columns, how a row finds its record, what it would write. Each app declares its own in `<app>/sheets`.

`uploads`, the edit form and the API know no register: they read values by its columns and call `check`, which looks
records up in batches and proposes writes. The same `check` runs for a preview and again in the transaction that writes.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any, ClassVar, Final

from django.db import models

from changzhi_portal.registers.columns import CLEAR, Column, DateColumn
from changzhi_portal.registers.constraints import RowRule, row_rules
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.duplicates import LikelyDuplicate
from changzhi_portal.registers.form_fields import Choices
from changzhi_portal.registers.growth import MOST_NEW_RECORDS, Growth, multiplies_register
from changzhi_portal.registers.lost_characters import could_be
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Write, propose


@dataclass(frozen=True, slots=True)
class MergedParts:
    """What a merge does to the parts of two records: the writes, and a sentence on each thing that they do.

    `copied` are the writes of new parts with the key of the part that each is a copy of.
    """

    writes: Sequence[Write] = ()
    told: Sequence[str] = ()
    copied: Sequence[tuple[Write, int]] = ()


@dataclass(frozen=True, slots=True)
class _Stored:
    """The columns that write fields of one model; a register writes links (many-to-many) itself.

    `known_by` names the attributes that tell apart the model's rows of different columns (`Column.where`), mostly none;
    `of_values` gives the columns of the rows with these values.
    """

    columns: tuple[Column, ...]
    known_by: tuple[str, ...]
    of_values: Mapping[tuple[Any, ...], tuple[Column, ...]]

    @classmethod
    def of(cls, model: type[models.Model], columns: Iterable[Column]) -> _Stored:
        """Return the columns of a model. Raises TypeError when they tell its rows apart in different ways."""
        own = tuple(column for column in columns if column.model is model and not column.is_link)
        ways = {tuple(column.where) for column in own} or {()}
        if len(ways) > 1:
            raise TypeError(f"The columns of {model.__name__} must tell its rows apart by the same attributes.")
        of_values: dict[tuple[Any, ...], tuple[Column, ...]] = {}
        for column in own:
            key = tuple(column.where.values())
            of_values[key] = (*of_values.get(key, ()), column)
        return cls(own, ways.pop(), of_values)

    def of_record(self, record: models.Model) -> tuple[Column, ...]:
        """Return the columns that write a record."""
        return self.of_values.get(tuple([getattr(record, name) for name in self.known_by]), ())


# Why a record that an office sees is not in its sheet, in most registers.
NOT_HELD: Final = "所在的社区已撤销，或者现在不属于本单位，不能修改"


class RegisterSheet(ABC):
    """One register, declared once.

    Raises TypeError at its declaration when two columns have one field, or a column writes a model that is not in
    `writes_to`.
    """

    name: ClassVar[str]  # as in `manage.py upload communities …`
    title: ClassVar[str]  # as people call it: 社区
    position: ClassVar[int]  # order in menus, and in which a new office uploads
    model: ClassVar[Any]  # the kind of record that a row is about
    columns: ClassVar[tuple[Column, ...]]
    identifying: ClassVar[tuple[tuple[str, ...], ...]]  # one whole group of these fields must be among a file's columns
    writes_to: ClassVar[tuple[type[models.Model], ...]]  # in the order of insertion
    looks_at: ClassVar[tuple[type[models.Model], ...]] = ()  # besides those: whose changes may alter what a check finds
    has_dated_figures: ClassVar[bool] = False  # whether rows give figures of a day, which a locked month protects
    day_field: ClassVar[str] = "as_of"  # of such a register: the field of the day or month that its figures are of
    # Whether every office brings it in each month (上报); others are brought in where there is something (有则报).
    is_needed: ClassVar[bool] = True
    # Fields that every row should say, besides the required ones; those of a quiet month come prefilled.
    asked_fields: ClassVar[tuple[str, ...]] = ()
    name_lookup: ClassVar[str] = "name"  # of the records' names, by which those that a file leaves out are looked for
    described_as: ClassVar[str] = ""  # its rows in the API's description; by default the model's name
    list_page: ClassVar[str]  # URL name of the register's list
    may_be_added: ClassVar[bool] = True  # whether a new row makes a record
    not_in_forms: ClassVar[frozenset[str]] = frozenset({"ref"})  # fields that a form of one record does not change
    given_together: ClassVar[
        tuple[tuple[str, ...], ...]
    ] = ()  # fields that mean something together: town and community
    ends_with: ClassVar[str] = ""  # the field of the day on which a record ends: 注销日期
    end_label: ClassVar[str] = ""  # what people call that: 注销
    fields_of_new_part: ClassVar[tuple[str, ...]] = ()  # of a dated fact that is added beside older ones: a posting
    new_part_label: ClassVar[str] = ""  # what people call adding it: 新任职
    # Fields that may be set for many records at once, beside `ends_with`.
    fields_in_bulk: ClassVar[tuple[str, ...]] = ()
    monthly_fields: ClassVar[tuple[str, ...]] = ()  # what an office looks at every month; () for all of a form
    may_be_merged: ClassVar[bool] = False  # whether a duplicate can be merged; `model` is then a MergeableRecord
    names_of: ClassVar[tuple[str, ...]] = ()  # lookups of other records whose names or codes the columns say
    place_attributes: ClassVar[tuple[str, ...]] = ()  # of the model, which say where a record belongs
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType({})  # what a form says below a field, by field
    _stored: ClassVar[Mapping[type[models.Model], _Stored]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "columns" not in vars(cls):
            return
        fields = [column.field for column in cls.columns]
        if len(fields) != len(set(fields)):
            raise TypeError(f"{cls.__name__} has two columns of one field.")
        for column in cls.columns:
            if column.model is not None and column.model not in cls.writes_to:
                raise TypeError(f"{cls.__name__} does not write {column.model.__name__}, but {column!r} does.")
        cls._stored = {model: _Stored.of(model, cls.columns) for model in cls.writes_to}

    @abstractmethod
    def check(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find each row's place and record, report what is wrong, and fill `row.writes` of rows without an error."""

    @abstractmethod
    def writable(self, scope_path: str) -> models.QuerySet:
        """Return the records of a scope that an upload can change, in the order of a sheet: none of a closed community."""

    @abstractmethod
    def entries(self, records: models.QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the key of each of these records with `ref`, `version` and what the columns say of it, by field.

        The records may be any of the scope, also those that have ended or lie in a closed community. Personal values are
        sealed. See `entries.read_entries`.
        """

    def records(self, scope_path: str, *, ref: str | Collection[str] = "") -> Iterator[dict[str, Any]]:
        """Yield the register's records of a scope as field → value, for templates, exports and forms; personal values sealed.

        With `ref` only that record, or those of a set of them. What is written from them and uploaded unchanged changes nothing
        (docs/spreadsheets.md §4.7).
        """
        for _, entry in self.entries(self.writable(scope_path).filter(with_ref(ref)), scope_path):
            del entry["version"]
            yield entry

    @abstractmethod
    def standing(self, scope_path: str, day: datetime.date) -> models.QuerySet:
        """Return the records of a scope that have not ended by `day`, which a complete file would name; with their place.

        In the order of places. Rows find their records among these: `RegisterRow.target` is one of this model.
        """

    @abstractmethod
    def whereabouts(self, record: Any) -> str:
        """Return where a record of `standing` belongs, in words."""

    def reason_against_writing(self, record: Any) -> str:
        """Return why a record that the office sees is not in its sheet, as the end of a sentence without the full stop."""
        return NOT_HELD

    def end_of(self, record: Any) -> datetime.date | None:
        """Return the day on which a record ends, None while it lasts; None in a register without `ends_with`."""
        return getattr(record, self.ends_with) if self.ends_with else None

    def division_of(self, record: Any) -> int:
        """Return the key of the division that changes of a record belong to; for registers that `may_be_merged`."""
        raise NotImplementedError(f"{type(self).__name__} does not say where its records belong.")

    def place_of(self, record: Any) -> tuple[int | None, ...]:
        """Return the keys of the place where a record belongs, to compare two; for registers that `may_be_merged`."""
        return tuple(getattr(record, name) for name in self.place_attributes)

    def closing_of_merged(self, record: Any, today: datetime.date) -> dict[str, Any]:
        """Return the attributes that end a record which is merged into another: its last day, by default today."""
        ends = self.column(self.ends_with).attribute
        return {ends: getattr(record, ends) or max(today, getattr(record, record.dated_by[0]))}

    def merge_parts(self, kept: Any, merged: Any, *, takes_place: bool, today: datetime.date) -> MergedParts:
        """Return what a merge does to the parts of two records, such as postings; nothing where records have none.

        `takes_place` says that the record that stays takes over the place of the other. Raises InvalidError where its parts do
        not fit together.
        """
        return MergedParts()

    def after_merge(self, parts: MergedParts, change_set: Any) -> None:  # noqa: B027
        """Write what belongs to copied parts beside the change log, such as where they were before; mostly nothing."""

    def reason_against_undoing_merge(self, record: Any, change_set: Any) -> str:
        """Return why a record that this change set has merged cannot be one of its own again; "" when it can."""
        return ""

    def after_undoing_merge(self, change_set: Any) -> None:  # noqa: B027
        """Remove what `after_merge` has written with this change set."""

    def likely_duplicates(self, scope_path: str, day: datetime.date) -> list[LikelyDuplicate]:
        """Return pairs among the records of `standing` that may be one; none of a register that does not merge."""
        return []

    def growth(self, rows: Sequence[RegisterRow], context: CheckContext) -> list[Growth]:
        """Return where checked rows would multiply the records of the office, so that it is asked (`growth`)."""
        new = sum(row.is_new and not row.has_error for row in rows)
        if new <= MOST_NEW_RECORDS:
            return []
        before = self.standing(context.scope_path, context.day).count()
        return [Growth("", before, before + new)] if multiplies_register(before, new) else []

    def months_written(self, records: Mapping[str, Sequence[int]]) -> set[datetime.date]:
        """Return the months (first days) that dated figures among records belong to, which a locked month protects.

        `records` has keys by model ("app_label.modelname"). Registers whose facts carry their own start and end have
        none: those may lie in a locked month.
        """
        return set()

    def prefilled(self, record: dict[str, Any], day: datetime.date) -> dict[str, Any]:
        """Return a record as a template for the month that ends on `day` shows it; uploaded unchanged it changes nothing."""
        return record

    def template_rows(self, scope_path: str, day: datetime.date) -> Iterator[dict[str, Any]]:
        """Yield the rows of a filled template for the month that ends on `day`: the records that an upload can change.

        A register may add rows that are to become records (they have no `ref`).
        """
        for record in self.records(scope_path):
            yield self.prefilled(record, day)

    def offered(self, scope_path: str) -> dict[str, list[str]]:
        """Return words to choose from, by field, that depend on the office: its own towns and communities."""
        return {}

    def choices_in_forms(self, scope_path: str) -> dict[str, Choices]:
        """Return the choices of fields that a form lets choose instead of type, by field, such as the office's towns."""
        return {}

    def offered_in_form(self, scope_path: str, given: Mapping[str, str]) -> dict[str, list[str]]:
        """Return at most MOST_OFFERED words for each field beside which a form offers some; [] for too many.

        `given` is what the form says in the fields of `choices_in_forms`, such as the town whose communities are offered.
        """
        return {}

    def notify_offices_left(self, change_set: Any, left: Mapping[int, Sequence[str]]) -> None:  # noqa: B027
        """Notify the offices that lose people by a change set; `left` gives names by the division that they leave.

        See `Write.leaves_division_id`. Must run in the transaction that writes. Registers without people have none.
        """

    def notify_offices_left_undone(self, change_set: Any) -> None:  # noqa: B027
        """Notify those who were notified of a change set that it has been undone. Must run in the transaction that undoes it."""

    # --- The declaration ---

    @classmethod
    def form_columns(cls, fields: Iterable[str] = ()) -> tuple[Column, ...]:
        """Return the columns that a form of one record shows, in the order of the sheet; with `fields` only those."""
        chosen = set(fields) or {column.field for column in cls.columns} - cls.not_in_forms
        return tuple(column for column in cls.columns if column.field in chosen)

    @classmethod
    def bulk_columns(cls) -> tuple[Column, ...]:
        """Return the columns that may be set for many records at once, in the order of the sheet."""
        chosen = {*cls.fields_in_bulk, cls.ends_with}
        return tuple(column for column in cls.columns if column.field in chosen)

    def column(self, name: str) -> Column:
        """Return the column of a field. Raises StopIteration without one."""
        return next(column for column in self.columns if column.field == name)

    @classmethod
    def columns_of(cls, model: type[models.Model]) -> tuple[Column, ...]:
        """Return the columns that write fields of a model, links (many-to-many) apart."""
        return cls._stored[model].columns

    @classmethod
    def is_told_apart(cls, model: type[models.Model]) -> bool:
        """Tell whether a model's records belong to different columns by what they hold (see `Column.where`)."""
        return bool(cls._stored[model].known_by)

    @classmethod
    def column_for(cls, record: models.Model, attribute: str) -> Column | None:
        """Return the column that writes an attribute of a record; None for one that no column writes by itself."""
        model = type(record)
        own = cls._stored[model].of_record(record) if model in cls._stored else ()
        links = (column for column in cls.columns if column.model is model and column.is_link)
        return next((column for column in chain(own, links) if column.attribute == attribute), None)

    @classmethod
    def values_of(cls, record: models.Model | None) -> dict[str, Any]:
        """Return what the columns say of a record, by field, for `records`; nothing of None."""
        if record is None:
            return {}
        return {c.field: getattr(record, c.attribute) for c in cls._stored[type(record)].of_record(record)}

    @cached_property
    def _given(self) -> dict[type[models.Model], list[tuple[str, str, Column]]]:
        return {
            model: [(column.field, column.attribute, column) for column in stored.columns]
            for model, stored in self._stored.items()
            if not stored.known_by
        }

    def given(self, row: RegisterRow, model: type[models.Model]) -> dict[str, Any]:
        """Return the attributes of a model that the row speaks of, 清空 turned into what the field holds when empty.

        The model must have one record a row: see `Column.where`.
        """
        values = row.values
        return {
            attribute: column.empty() if values[field] is CLEAR else values[field]
            for field, attribute, column in self._given[model]
            if field in values
        }

    # --- Rules that hold for every register ---

    @cached_property
    def _required(self) -> list[Column]:
        return [column for column in self.columns if column.required]

    @cached_property
    def _never_empty(self) -> dict[str, Column]:
        return {column.field: column for column in self.columns if column.required or column.is_key}

    @cached_property
    def _past_dates(self) -> list[str]:
        return [c.field for c in self.columns if isinstance(c, DateColumn) and not c.may_be_future]

    @cached_property
    def _rules(self) -> dict[type[models.Model], list[tuple[RowRule, list[str]]]]:
        """Return by model the rules of its constraints, each with the fields of the columns that it speaks of."""
        rules: dict[type[models.Model], list[tuple[RowRule, list[str]]]] = defaultdict(list)
        for model, stored in self._stored.items():
            field_of = {column.attribute: column.field for column in stored.columns}
            for rule in row_rules(model):
                fields = [field_of[attribute] for attribute in rule.attributes if attribute in field_of]
                # What is missing is missing at the first field, though another field may have a cell.
                if fields:
                    rules[model].append((rule, fields[:1] if rule.code == "required" else fields))
        return rules

    def propose(
        self, row: RegisterRow, instance: models.Model, values: Mapping[str, Any], *, division_id: int, is_new: bool
    ) -> Write | None:
        """Set values on an instance and describe the write (see `writes.propose`); report what its constraints refuse."""
        write = propose(instance, values, division_id=division_id, is_new=is_new)
        if write is not None:  # a record that stays as it is satisfies the constraints
            for rule, fields in self._rules.get(type(instance), ()):
                if rule.holds(instance) is False and fields[0] not in row.refused:
                    row.report(rule.code, rule.message, *fields)
            if row.problems and not is_new:
                self._reject_lost_characters(row, write)
        return write

    def _reject_lost_characters(self, row: RegisterRow, write: Write) -> None:
        """Turn the warning `lost_character` into an error where the text would replace the same text without the loss."""
        attribute_of = {column.field: column.attribute for column in self.columns_of(type(write.instance))}
        for problem in row.problems:
            if problem.code != "lost_character":
                continue
            attribute = attribute_of.get(problem.field, "")
            before, after = write.before.get(attribute), write.after.get(attribute)
            if isinstance(before, str) and isinstance(after, str) and could_be(after, before):
                problem.level = Level.ERROR
                problem.message = f"这里丢了字，登记的是“{before}”；请照登记的补上，确实改名的请填完整的名称"

    def require(self, row: RegisterRow) -> None:
        """Report `required` for each required column that a new row leaves blank.

        Not where its cell was refused already, or says 清空, which `reject_clearing` reports.
        """
        for column in self._required:
            if row.values.get(column.field) is None and column.field not in row.refused:
                row.report("required", f"“{column.header}”是必填项，请补上", column.field)

    def reject_clearing(self, row: RegisterRow) -> None:
        """Report 清空 in a column that must have a value, unless its cell has been reported already: a place is missing."""
        for name, value in row.values.items():
            if value is CLEAR and name in self._never_empty and all(name != said.field for said in row.problems):
                row.report("required", f"“{self._never_empty[name].header}”是必填项，不能清空", name)

    def reject_future_dates(self, row: RegisterRow, today: datetime.date) -> None:
        """Report `future_date` in columns of things that have happened."""
        for name in self._past_dates:
            day = row.get(name)
            if day is not None and day > today:
                row.report("future_date", "日期晚于今天，请核对年份", name)

    def reject_duplicates(
        self, rows: Iterable[RegisterRow], key_of: Callable[[RegisterRow], Any], *cell_fields: str
    ) -> None:
        """Report `duplicate_in_file` on each later row with the same key, naming the first; a None key is no key."""
        first: dict[Any, RegisterRow] = {}
        for row in rows:
            key = key_of(row)
            if key is None:
                continue
            earlier = first.setdefault(key, row)
            if earlier is not row and earlier.number is None:  # of a form of several records
                row.report("duplicate_in_file", "与本页另一条是同一条记录，请只保留一条", *cell_fields)
            elif earlier is not row:
                where = (
                    f"“{earlier.sheet}”第{earlier.number}行" if earlier.sheet != row.sheet else f"第{earlier.number}行"
                )
                row.report("duplicate_in_file", f"与{where}是同一条记录，请只保留一行", *cell_fields)


def with_ref(ref: str | Collection[str], lookup: str = "ref") -> models.Q:
    """Return the condition that a record has this ref, or one of several; none for ""."""
    if isinstance(ref, str):
        return models.Q(**{lookup: ref}) if ref else models.Q()
    return models.Q(**{f"{lookup}__in": ref})
