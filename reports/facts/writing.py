"""Writing tables of facts into a folder, as .csv or .parquet, with their dictionary as a data package."""

from __future__ import annotations

import csv
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from changzhi_portal.refusals import InvalidError
from reports.facts.tables import CHUNK, FactColumn, FactTable

FORMATS: Final = ("csv", "parquet")
# What the dictionary is called by the specification (Frictionless Data Package).
DICTIONARY: Final = "datapackage.json"


def write_facts(
    tables: Iterable[FactTable], folder: Path, *, file_format: str, about: dict[str, Any]
) -> dict[str, int]:
    """Write the tables and their dictionary into a new folder; return the number of rows of each.

    The folder appears when everything is written. Raises InvalidError where it exists, and for parquet without pyarrow.
    """
    if folder.exists():
        raise InvalidError(f"{folder}已经存在，请换一个文件夹。", cure=f"{folder} exists already: name a new folder.")
    write = _write_csv if file_format == "csv" else _parquet_writer()
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        counts: dict[str, int] = {}
        resources = []
        for table in tables:
            name = f"{table.name}.{file_format}"
            counts[table.name] = write(table, scratch / name)
            resources.append(_described(table, name, file_format))
        package = {**about, "resources": resources}
        (scratch / DICTIONARY).write_text(json.dumps(package, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        os.rename(scratch, folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return counts


def _described(table: FactTable, path: str, file_format: str) -> dict[str, Any]:
    """Return what the dictionary says of a table, in the words of Table Schema."""
    fields = [{"name": column.name, "type": column.kind, "title": column.label} for column in table.columns]
    schema = {"fields": fields, "primaryKey": list(table.key), "missingValues": [""]}
    resource = {"name": table.name, "title": table.title, "path": path, "format": file_format, "schema": schema}
    return resource | ({"encoding": "utf-8"} if file_format == "csv" else {})


def _write_csv(table: FactTable, path: Path) -> int:
    """Write UTF-8 as in RFC 4180, without a byte order mark: programs read it. Nothing stands for nothing."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in table.columns])
        for row in table.rows():
            writer.writerow([_text(value) for value in row])
            count += 1
    return count


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else value  # days are written as in ISO 8601


def _parquet_writer() -> Any:
    """Return the function that writes parquet. Raises InvalidError without pyarrow, which is an extra."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise InvalidError(
            "没有安装 pyarrow，不能写 parquet；请安装，或用 --format csv。",
            cure='Install the extra: pip install "changzhi-portal[parquet]", or use --format csv.',
        ) from error

    def kind_of(column: FactColumn) -> Any:
        kinds = {"string": arrow.string(), "integer": arrow.int64(), "boolean": arrow.bool_(), "date": arrow.date32()}
        return arrow.decimal128(18, column.decimals) if column.kind == "number" else kinds[column.kind]

    def write(table: FactTable, path: Path) -> int:
        """Write chunk by chunk; the labels are in the metadata of the columns."""
        schema = arrow.schema(
            [
                arrow.field(column.name, kind_of(column), metadata={"title": column.label.encode()})
                for column in table.columns
            ]
        )
        count = 0
        with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for chunk in _chunks(table.rows()):
                columns = zip(*chunk, strict=True)
                arrays = [arrow.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
                writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
                count += len(chunk)
        return count

    return write


def _chunks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while chunk := list(itertools.islice(rows, CHUNK)):
        yield chunk
