"""Noting changes of divisions from CSV files, to be applied later (docs/domain.md §3.4)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from changelog.actions import LoggedChange, begin_change_set, change_of, log_changes
from changzhi_portal.bulk import insert_rows, update_rows
from changzhi_portal.names import fold
from changzhi_portal.refusals import InvalidError
from changzhi_portal.rights import Actor
from changzhi_portal.violations import violation_in_words
from communities.models import CrosswalkRow, DivisionChange

CHANGE_COLUMNS = ("kind", "level", "effective_on", "from_code", "from_name", "to_code", "to_name", "source")
CROSSWALK_COLUMNS = ("effective_on", "from_code", "from_name", "to_code", "to_name", "to_town_name")
Row = TypeVar("Row", DivisionChange, CrosswalkRow)


@transaction.atomic
def note_division_changes(*, changes: Path, crosswalk: Path | None = None) -> int:
    """Note the changes and the crosswalk of two CSV files without applying them; return how many changes are new.

    Both files have a header line with the model's field names; a change or row that is already noted is skipped. Raises
    InvalidError for a file that cannot be read or, naming the line, for an invalid line.
    """
    noted = _note(DivisionChange, changes, CHANGE_COLUMNS, ("effective_on", "from_code", "to_code"))
    if crosswalk is not None:
        _note(CrosswalkRow, crosswalk, CROSSWALK_COLUMNS, ("effective_on", "from_code", "to_code"))
    return noted


@transaction.atomic
def note_changes(changes: Sequence[DivisionChange], *, by: Actor) -> list[DivisionChange]:
    """Note changes that a person has entered, to be applied later, and log them; ones already noted are left out.

    Raises InvalidError for one that does not say enough, with the sentence of its constraint.
    """
    key = ("effective_on", "from_code", "to_code")
    days = {change.effective_on for change in changes}
    known = set(DivisionChange.objects.filter(effective_on__in=days).values_list(*key))
    new: list[DivisionChange] = []
    for change in changes:
        try:
            change.clean_fields(exclude=["records"])
            change.clean()
        except ValidationError as error:
            raise InvalidError(f"{change}：{''.join(error.messages)}", cure=f"{change}: {error.messages}") from error
        if (identity := tuple(getattr(change, name) for name in key)) not in known:
            known.add(identity)
            new.append(change)
    if not new:
        raise InvalidError("这些变更都已登记过，请在区划变更页查看。", cure="All of these changes are noted already.")
    try:
        with transaction.atomic():
            insert_rows(DivisionChange, new)
    except IntegrityError as error:
        # Somebody noted one of them between the look-up above and now.
        raise InvalidError(
            f"没有登记：{violation_in_words(error, (DivisionChange,))}请刷新页面核对后再试。",
            cure="A change was noted by somebody else meanwhile.",
        ) from error
    summary = f"登记{new[0].effective_on:%Y-%m-%d}的区划变更：{'，'.join(map(str, new[:5]))}"
    change_set = begin_change_set(by=by, summary=summary, affects_figures=False)
    log_changes(change_set, (_noted(change, by) for change in new))
    return new


@transaction.atomic
def allot_records(
    changes: Sequence[DivisionChange], records: Mapping[int, Mapping[str, Sequence[int]]], *, by: Actor
) -> None:
    """Set the records that go with each change of a split, and log it; raises InvalidError for one applied meanwhile."""
    keys = [change.pk for change in changes]
    waiting = list(DivisionChange.objects.waiting().filter(pk__in=keys).select_for_update(of=("self",)))
    if len(waiting) != len(keys):
        raise InvalidError("这项变更已经应用或已删除，请刷新页面。", cure="A change is applied or gone.")
    log = []
    for change in waiting:
        before, after = change.records, {model: list(of_model) for model, of_model in records[change.pk].items()}
        if before != after:
            change.records = after
            log.append(change_of(change, division=by.division.pk, before={"records": before}, after={"records": after}))
    update_rows(DivisionChange, waiting, ["records"])
    if log:
        summary = f"分配拆分的记录：{waiting[0].from_name}"
        log_changes(begin_change_set(by=by, summary=summary, affects_figures=False), log)


@transaction.atomic
def withdraw_change(change: DivisionChange, *, by: Actor) -> int:
    """Remove a noted change that is not applied, of a split all its parts, and log that; return how many."""
    waiting = list(DivisionChange.objects.noted_with(change).waiting().select_for_update(of=("self",)))
    if not waiting:
        raise InvalidError("这项变更已经应用或已删除，请刷新页面。", cure="There is no such noted change.")
    summary = f"删除登记的区划变更：{'，'.join(map(str, waiting[:5]))}"
    change_set = begin_change_set(by=by, summary=summary, affects_figures=False)
    noted = (_noted(change, by) for change in waiting)
    log_changes(change_set, (each._replace(kind="removed", before=each.after, after={}) for each in noted))
    DivisionChange.objects.filter(pk__in=[change.pk for change in waiting]).delete()
    return len(waiting)


def _noted(change: DivisionChange, by: Actor) -> LoggedChange:
    names = ("kind", "level", "effective_on", "from_code", "from_name", "to_code", "to_name", "document", "source")
    values = {name: getattr(change, name) for name in names}
    return change_of(change, division=by.division.pk, before={}, after=values)


def _note(model: type[Row], path: Path, columns: Sequence[str], key: Sequence[str]) -> int:
    known = set(model._default_manager.values_list(*key))
    new_rows = []
    for number, values in _lines(path, columns):
        row = model(**values)
        try:
            row.clean_fields()
            row.clean()
        except ValidationError as error:
            raise _unreadable(
                path, f"第{number}行：{''.join(error.messages)}", f"line {number}: {error.messages}"
            ) from error
        if (identity := tuple(getattr(row, name) for name in key)) not in known:
            known.add(identity)
            new_rows.append(row)
    try:
        with transaction.atomic():
            insert_rows(model, new_rows)
    except IntegrityError as error:
        raise _unreadable(
            path,
            "有的行自相矛盾，或者与已登记的不一致，同一天一个代码只能出现一次",
            "lines contradict each other or rows that are already noted; a code may occur once per day",
        ) from error
    return len(new_rows)


def _lines(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
                raise _unreadable(path, f"缺少列{'、'.join(missing)}", f"columns missing: {', '.join(missing)}")
            for number, row in enumerate(reader, start=2):
                yield number, {name: fold((row[name] or "").strip()) for name in columns}
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, "读不出来，应为UTF-8编码的CSV文件", "not a readable UTF-8 CSV file") from error


def _unreadable(path: Path, message: str, cure: str) -> InvalidError:
    return InvalidError(f"{path.name}：{message}。", cure=f"{path}: {cure}.")
