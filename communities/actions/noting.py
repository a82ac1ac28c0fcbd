"""Noting changes of divisions from CSV files, to be applied later (docs/domain.md §3.4)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CheckConstraint

from changzhi_portal.bulk import insert_rows
from changzhi_portal.names import fold
from changzhi_portal.refusals import InvalidError
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


def _note(model: type[Row], path: Path, columns: Sequence[str], key: Sequence[str]) -> int:
    known = set(model._default_manager.values_list(*key))
    new_rows = []
    for number, values in _lines(path, columns):
        row = model(**values)
        try:
            row.clean_fields()
            for constraint in model._meta.constraints:
                if isinstance(constraint, CheckConstraint):
                    constraint.validate(model, row)
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
