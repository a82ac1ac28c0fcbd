"""Reading the cells of an uploaded file in a child process, so that no file can crash the worker."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings

from uploads.reading.child_process import nameless_file, run_limited
from uploads.reading.grid import CellError, Grid, Limits, UnpairedQuote
from uploads.reading.refusal import FileRefusedError, refuse

__all__ = ["CellError", "Grid", "read_workbook"]

MEMORY_BYTES: Final = 480 * 1024 * 1024
SECONDS: Final = 40  # less than the lease of a batch's claim (changzhi_portal.jobs)
_MEGABYTE: Final = 1024 * 1024


def read_workbook(path: Path, *, file_name: str) -> list[Grid]:
    """Return the visible sheets of a file, in the workbook's order.

    The format is detected from the content; `file_name` only decides whether a text without delimiters is a .csv.
    Raises FileRefusedError.
    """
    size = path.stat().st_size
    if size > settings.UPLOAD_MAX_BYTES:
        raise refuse("bytes", size=-(-size // _MEGABYTE), limit=settings.UPLOAD_MAX_BYTES // _MEGABYTE)
    limits = Limits(
        inflated_bytes=settings.UPLOAD_MAX_INFLATED_BYTES,
        rows=settings.UPLOAD_MAX_ROWS,
        memory_bytes=MEMORY_BYTES,
        seconds=SECONDS,
    )
    with nameless_file("reading") as answer:
        arguments = [json.dumps(asdict(limits)), file_name, str(path.absolute())]
        run_limited("uploads.reading.child", arguments, seconds=limits.seconds, answer=answer)
        answer.seek(0)
        return _grids(answer)


def _grids(answer: IO[bytes]) -> list[Grid]:
    """Return the grids of the child's answer. Raises FileRefusedError for a refusal or an incomplete answer."""
    grids: list[Grid] = []
    rows: list[Any] = []
    while True:
        try:
            part = _PlainUnpickler(answer).load()
        except (EOFError, pickle.UnpicklingError) as error:
            raise refuse("damaged") from error
        if isinstance(part, list):
            rows += part
            continue
        match part:
            case ("sheet", name, merged, is_delimited):
                grids.append(Grid(name, rows, merged, is_delimited))
                rows = []
            case ("refused", reason, values):
                raise refuse(reason, **values)
            case ("end",):
                return grids
            case _:
                raise FileRefusedError("unreadable_file", "文件读取中断，请重新上传")


class _PlainUnpickler(pickle.Unpickler):
    """Unpickler of plain values, dates, CellError and UnpairedQuote only, because the child has processed an untrusted file."""

    _KNOWN: Final = {("datetime", "date"), ("datetime", "datetime"), ("datetime", "time")}

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the few classes that cells may have; raise UnpicklingError for any other."""
        for kind in (CellError, UnpairedQuote):
            if (module, name) == (kind.__module__, kind.__name__):
                return kind
        if (module, name) in self._KNOWN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no cell")
