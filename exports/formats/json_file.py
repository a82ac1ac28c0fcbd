"""JSON: one object with the columns and the rows, a line a row.

    {"title": "社会组织", "made_at": "…", "columns": [{"name": "name", "header": "名称"}, …], "rows": [
    {"name": "…", "established_on": "2016-05-01", …},
    …
    ]}

The names are those of the columns in the code and stay the same; the headers are what the page shows. Days and moments are as in
ISO 8601, decimal numbers are texts, and what is empty is null.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import IO, Any, ClassVar

from exports.formats.base import Head, Row, StreamedFormat, number_text


class JsonFormat(StreamedFormat):
    """Rows for programs."""

    suffix: ClassVar[str] = "json"
    title: ClassVar[str] = "JSON 数据"
    content_type: ClassVar[str] = "application/json"

    def write(self, head: Head, rows: Iterable[Row], file: IO[bytes]) -> None:
        """Write the columns, then an object for each row."""
        columns = [{"name": key, "header": header} for key, header in zip(head.keys, head.headers, strict=True)]
        about = {"title": head.title, "made_at": head.made_at.isoformat(timespec="seconds"), "columns": columns}
        encode = json.JSONEncoder(ensure_ascii=False, default=_plain).encode
        file.write(f'{encode(about)[:-1]}, "rows": ['.encode())
        names = list(head.keys)
        separator = b"\n"
        for row in rows:
            file.write(separator)
            file.write(encode(dict(zip(names, row, strict=True))).encode())
            separator = b",\n"
        file.write(b"\n]}\n")


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value of a cell.")
