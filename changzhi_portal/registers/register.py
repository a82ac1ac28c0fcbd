"""What a register declares so that uploads can read, check and write its sheets, and the rows that pass through.

`uploads` knows no register: it finds every subclass of `RegisterSheet` in `<app>/sheets` (docs/architecture.md §2),
cleans cells by its columns, and calls `check`, which looks records up in batches and proposes writes.
The same `check` runs for the preview and again inside the transaction of the commit.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from django.db import models

from changzhi_portal.bulk import blank_row
from changzhi_portal.registers.columns import CLEAR, Column, DateColumn
from changzhi_portal.registers.problems import WARNING_CODES, Level, Problem, cell_address

ROWS_BETWEEN_REPORTS = 500


@dataclass(slots=True)
class Write:
    """One record a row would create or change. `before` holds the old values of the changed fields."""

    instance: models.Model
    is_new: bool
    division_id: int
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    links: dict[str, list[int]] = field(default_factory=dict)  # many-to-many field -> keys it shall hold
    batch_row: int | None = None  # the position of the staged row that asks for it
    label: str = ""  # how people call the record; by default what the instance says
    column: str = ""  # the header of the one column behind it, where fields do not tell
    leaves_division_id: int | None = None  # the place that loses a person by it, whose office is told
    is_shown: bool = True  # whether its fields appear in the preview (closing an old posting does not)


@dataclass(slots=True)
class SheetRow:
    """One data row on its way from the file to the register.

    `columns` gives the place of each mapped field in the file (0 = column A), `values` the cleaned values by field;
    a blank cell is absent from `values` and `CLEAR` stands for 清空. `raw` holds the cells as written, by column, while
    the file is being read.
    """

    sheet: str | None
    number: int
    columns: Mapping[str, int]
    values: dict[str, Any]
    raw: Sequence[Any] | None = None
    problems: list[Problem] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)  # fields whose cell could not be read
    label: str = ""
    position: int | None = None  # among the staged rows
    place: Any = None  # what the place columns lead to; set by registers that have them
    target: models.Model | None = None  # the existing record
    is_new: bool = False  # counts as new for the uploader
    writes: list[Write] = field(default_factory=list)

    @property
    def has_error(self) -> bool:
        """Whether the row must stay out."""
        return bool(self.problems) and any(problem.level == Level.ERROR for problem in self.problems)

    @property
    def has_warning(self) -> bool:
        """Whether the row should be looked at."""
        return bool(self.problems) and any(problem.level == Level.WARNING for problem in self.problems)

    def get(self, name: str, default: Any = None) -> Any:
        """The cleaned value of a field; `default` when the cell was blank or says 清空."""
        value = self.values.get(name, default)
        return default if value is CLEAR else value

    def draft(self, model: type[models.Model]) -> Any:
        """The instance to set values on: the record found, or a new one.

        A row that has an error gets a copy: its values must not reach a record that another row writes.
        """
        if self.target is None:
            return blank_row(model)
        return copy(self.target) if self.has_error else self.target

    def report(self, code: str, message: str, *fields: str, level: Level | None = None) -> None:
        """Add a problem at the cell of the first of `fields` that this row has a cell for."""
        name = next((name for name in fields if name in self.columns), fields[0] if fields else "")
        self.problems.append(
            Problem(
                code=code,
                message=message,
                level=level or (Level.WARNING if code in WARNING_CODES else Level.ERROR),
                sheet=self.sheet,
                cell=cell_address(self.number, self.columns[name]) if name in self.columns else f"A{self.number}",
                field=name,
            )
        )


@dataclass(slots=True)
class CheckContext:
    """What checking needs to know besides the rows.

    `day` is the last day of the batch's month; `may_alter_locked` is true once the bureau has given a reason for
    altering figures of `locked_months`; `locking` is true inside the commit's transaction, where the records to change
    are held (see `lock`); `progress(done, total)` may be called now and then.
    """

    scope_path: str
    division: Any
    day: datetime.date
    today: datetime.date
    locked_months: frozenset[datetime.date] = frozenset()
    may_alter_locked: bool = False
    locking: bool = False
    progress: Callable[[int, int], None] = lambda done, total: None

    def lock(self, queryset: models.QuerySet) -> models.QuerySet:
        """The queryset, reading FOR NO KEY UPDATE when committing (a plain read on SQLite, whose writer is alone anyway).

        Keys stay, so other registers may refer to the records meanwhile, and neither commit waits for the other.
        """
        return queryset.select_for_update(of=("self",), no_key=True) if self.locking else queryset

    def passing(self, rows: Sequence[SheetRow], *, half: int) -> Iterator[SheetRow]:
        """The rows one by one, telling how far the check is: rows are gone through twice, `half` is 0 or 1.

        Without it a large file would show no sign of life while it is compared, and be taken for lost. A commit tells
        of its slices itself.
        """
        total = len(rows)
        for number, row in enumerate(rows, start=1):
            if number % ROWS_BETWEEN_REPORTS == 0 and not self.locking:
                self.progress((half * total + number) // 2, total)
            yield row


class RegisterSheet(ABC):
    """One register's sheet: its columns, how a row finds its record, what it would write."""

    name: ClassVar[str]  # as in `manage.py upload communities …`
    title: ClassVar[str]  # as people call it: 社区
    position: ClassVar[int]  # order in menus, and in which a new office uploads
    columns: ClassVar[tuple[Column, ...]]
    identifying: ClassVar[tuple[tuple[str, ...], ...]]  # one whole group of these fields must be among a file's columns
    writes_to: ClassVar[tuple[type[models.Model], ...]]  # in the order of insertion
    looks_at: ClassVar[tuple[type[models.Model], ...]] = ()  # besides those: whose changes may alter what a check finds
    has_dated_figures: ClassVar[bool] = False  # whether rows give figures of a day, which a locked month protects
    list_page: ClassVar[str]  # URL name of the register's list
    record_page: ClassVar[str]  # URL name of a record's page, which takes its ref

    @abstractmethod
    def check(self, rows: Sequence[SheetRow], context: CheckContext) -> None:
        """Find each row's place and record, report what is wrong, and fill `row.writes` of rows without an error."""

    @abstractmethod
    def records(self, scope_path: str) -> Iterator[dict[str, Any]]:
        """The register's records of a scope as field → value, for templates and exports; personal values stay sealed.

        What is written from them and uploaded unchanged changes nothing (docs/spreadsheets.md §4.7).
        """

    @abstractmethod
    def standing(self, scope_path: str, day: datetime.date) -> models.QuerySet:
        """The records of a scope that have not ended by `day`, which a complete file would name; with their place.

        In the order of places. Rows find their records among these: `SheetRow.target` is one of this model.
        """

    @abstractmethod
    def whereabouts(self, record: Any) -> str:
        """Where a record of `standing` belongs, in words."""

    def months_written(self, records: Mapping[str, Sequence[int]]) -> set[datetime.date]:
        """The months (their first days) that dated figures among records belong to, which a locked month protects.

        `records` has keys by model ("app_label.modelname"). Registers whose facts carry their own start and end have
        none: those may lie in a locked month.
        """
        return set()

    def prefilled(self, record: dict[str, Any], day: datetime.date) -> dict[str, Any]:
        """A record as a template for the month that ends on `day` shows it; uploaded unchanged it changes nothing."""
        return record

    def offered(self, scope_path: str) -> dict[str, list[str]]:
        """Words to choose from, by field, that depend on the office: its own towns and communities."""
        return {}

    def column(self, name: str) -> Column:
        """The column of a field."""
        return next(column for column in self.columns if column.field == name)

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
    def _empty_values(self) -> dict[str, Any]:
        return {column.field: column.empty for column in self.columns}

    def require(self, row: SheetRow) -> None:
        """Report `required` for each required column that a new row leaves blank.

        Not where its cell was refused already, or says 清空, which `reject_clearing` reports.
        """
        for column in self._required:
            if row.values.get(column.field) is None and column.field not in row.refused:
                row.report("required", f"“{column.header}”是必填项，请补上", column.field)

    def reject_clearing(self, row: SheetRow) -> None:
        """Report 清空 in a column that must have a value, unless its cell has been reported already: a place is missing."""
        for name, value in row.values.items():
            if value is CLEAR and name in self._never_empty and all(name != said.field for said in row.problems):
                row.report("required", f"“{self._never_empty[name].header}”是必填项，不能清空", name)

    def given(self, row: SheetRow, names: Iterable[str]) -> dict[str, Any]:
        """The fields among `names` that the row speaks of, 清空 turned into the field's empty value."""
        values = row.values
        return {
            name: self._empty_values[name] if values[name] is CLEAR else values[name]
            for name in names
            if name in values
        }

    def reject_future_dates(self, row: SheetRow, today: datetime.date) -> None:
        """Report `future_date` in columns of things that have happened."""
        for name in self._past_dates:
            day = row.get(name)
            if day is not None and day > today:
                row.report("future_date", "日期晚于今天，请核对年份", name)

    def reject_duplicates(self, rows: Iterable[SheetRow], key_of: Callable[[SheetRow], Any], *cell_fields: str) -> None:
        """Report `duplicate_in_file` on each later row with the same key, naming the first; a None key is no key."""
        first: dict[Any, SheetRow] = {}
        for row in rows:
            key = key_of(row)
            if key is None:
                continue
            earlier = first.setdefault(key, row)
            if earlier is not row:
                where = (
                    f"“{earlier.sheet}”第{earlier.number}行" if earlier.sheet != row.sheet else f"第{earlier.number}行"
                )
                row.report("duplicate_in_file", f"与{where}是同一条记录，请只保留一行", *cell_fields)


def check_date_order(row: SheetRow, instance: Any, start: str, end: str, message: str) -> None:
    """Report `date_order` when the end lies before the start, after the row's values are set on the instance."""
    begun, ended = getattr(instance, start), getattr(instance, end)
    if begun is not None and ended is not None and ended < begun:
        row.report("date_order", message, end, start)


def propose(instance: models.Model, values: dict[str, Any], *, division_id: int, is_new: bool) -> Write | None:
    """Set the given values on an instance and describe the write; None when an existing record stays as it is.

    This is the one diff: preview, commit and change log all come from what it returns.
    """
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in values.items():
        old = getattr(instance, name)
        if is_new or old != value:
            if not is_new:
                before[name] = old
            after[name] = value
            setattr(instance, name, value)
    if not is_new and not after:
        return None
    return Write(instance=instance, is_new=is_new, division_id=division_id, before=before, after=after)
