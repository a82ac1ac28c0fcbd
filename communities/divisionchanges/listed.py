"""Changes of communities from the cells of a crosswalk's file (docs/domain.md §3.9)."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable, fold
from changzhi_portal.refusals import InvalidError
from communities.models import Community, DivisionChange
from communities.models.division import is_code

Kind = DivisionChange.Kind
# The headers of each field: the page's, the CSV command's, and others in use.
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "from_code": ("原代码", "原社区代码", "原村代码", "变更前代码", "from_code"),
    "from_name": ("原名称", "原社区名称", "原村名", "原村名称", "变更前名称", "from_name"),
    "to_code": ("新代码", "新社区代码", "新村代码", "变更后代码", "to_code"),
    "to_name": ("新名称", "新社区名称", "新村名", "新村名称", "变更后名称", "to_name"),
    "to_town_name": ("新街道（乡镇）名称", "新乡镇名称", "新街道名称", "to_town_name"),
    "households": ("户数", "变更后户数", "households"),
    "residents": ("常住人口", "人口", "变更后常住人口", "residents"),
}
_FIGURES = ("households", "residents")
_NEEDED = ("from_code", "from_name", "to_code", "to_name")
_ROWS_ABOVE_HEADER = 10


def changes_of_tables(
    tables: Sequence[Sequence[Sequence[Any]]], *, effective_on: datetime.date, document: str, source: str
) -> list[DivisionChange]:
    """Return the changes that the first table with the headers lists; the kind follows from which codes repeat.

    Raises InvalidError without such a table, without rows, or naming the row that does not fit.
    """
    for rows in tables:
        for number, row in enumerate(rows[:_ROWS_ABOVE_HEADER]):
            columns = _columns(row)
            if all(name in columns for name in _NEEDED):
                below = [(n, _values(cells, columns, n)) for n, cells in enumerate(rows[number + 1 :], number + 2)]
                listed = [(n, values) for n, values in below if any(values[name] for name in _NEEDED)]
                return _changes(listed, effective_on=effective_on, document=document, source=source)
    raise InvalidError(
        "没有找到表头，第一行应有“原代码”“原名称”“新代码”“新名称”，请补上后再上传。",
        cure="No sheet has the four headers.",
        field="file",
    )


def _columns(row: Sequence[Any]) -> dict[str, int]:
    known = {comparable(header): name for name, headers in _HEADERS.items() for header in headers}
    found: dict[str, int] = {}
    for index, cell in enumerate(row):
        name = known.get(comparable(str(cell))) if cell is not None else None
        if name is not None:
            found.setdefault(name, index)
    return found


def _values(cells: Sequence[Any], columns: Mapping[str, int], number: int) -> dict[str, Any]:
    values: dict[str, Any] = {name: None if name in _FIGURES else "" for name in _HEADERS}
    for name, index in columns.items():
        text = _text(cells[index] if index < len(cells) else None)
        if name in _FIGURES:
            values[name] = _whole_number(text, number)
        else:
            values[name] = text
    return values


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float | Decimal) and cell == int(cell):
        return str(int(cell))
    return fold(str(cell).strip())


def _whole_number(text: str, number: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise InvalidError(f"第{number}行：户数、人口应为整数，不是“{text}”。", cure=f"Row {number}.", field="file")
    return int(text)


def _changes(
    listed: Sequence[tuple[int, dict[str, Any]]], *, effective_on: datetime.date, document: str, source: str
) -> list[DivisionChange]:
    if not listed:
        raise InvalidError("对照表里没有一行数据，请核对。", cure="The file has no rows.", field="file")
    seen: dict[tuple[str, str], int] = {}
    to_codes = Counter(values["to_code"] for _, values in listed if values["to_code"])
    from_codes = Counter(values["from_code"] for _, values in listed if values["from_code"])
    standing: set[str] = set()
    for batch in in_batches(list(to_codes)):
        standing |= set(Community.objects.current().filter(code__in=batch).values_list("code", flat=True))
    # The code of a community that the file does not change: whoever gets it is merged into that one.
    receiving = standing - from_codes.keys()
    changes = []
    for number, values in listed:
        key = values["from_code"], values["to_code"]
        if key in seen:
            raise InvalidError(
                f"第{number}行与第{seen[key]}行重复，请删去一行。", cure=f"Rows {seen[key]}, {number}.", field="file"
            )
        seen[key] = number
        for old, name, what in (("from_code", "from_name", "原"), ("to_code", "to_name", "新")):
            if bool(values[old]) != bool(values[name]):
                raise InvalidError(
                    f"第{number}行：{what}代码和{what}名称要一起填。", cure=f"Row {number}.", field="file"
                )
        for code in filter(None, key):
            if not is_code(code, "village"):
                raise InvalidError(
                    f"第{number}行：代码“{code}”应为12位数字。", cure=f"Row {number}: {code!r}.", field="file"
                )
        changes.append(
            DivisionChange(
                kind=_kind(values, from_codes, to_codes, receiving),
                level=DivisionChange.Level.VILLAGE,
                effective_on=effective_on,
                document=document,
                source=source,
                households=values.pop("households"),
                residents=values.pop("residents"),
                **values,
            )
        )
    return changes


def _kind(
    values: Mapping[str, Any], from_codes: Counter[str], to_codes: Counter[str], receiving: Collection[str]
) -> Kind:
    if not values["to_code"]:
        return Kind.CLOSE
    if not values["from_code"]:
        return Kind.FOUND
    if from_codes[values["from_code"]] > 1:
        return Kind.SPLIT
    if to_codes[values["to_code"]] > 1 or values["to_code"] in receiving:
        return Kind.MERGE
    return Kind.RENAME if values["from_name"] != values["to_name"] else Kind.RECODE
