"""The uploaded workbook with its problems marked (docs/spreadsheets.md §4.4).

A child process makes it under the limits of reading, so a large workbook costs the web process nothing.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, UnavailableError
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.registry import register_named
from changzhi_portal.rights import Actor
from uploads import storage
from uploads.models import UploadBatch
from uploads.reading.child_process import nameless_file, run_limited
from uploads.reading.grid import Limits
from uploads.reading.refusal import FileRefusedError
from uploads.rows.corrections import corrected_cells
from uploads.writing.orders import Fix, write_orders
from uploads.writing.problem_list import Entry

MEMORY_BYTES: Final = 480 * 1024 * 1024
SECONDS: Final = 40
AT_ONCE: Final = 2  # marked workbooks made at the same time on one machine
LONGEST_WAIT: Final = 30  # seconds
_MODULE: Final = "uploads.writing.child"
_CHUNK: Final = 2_000

_Key = tuple[tuple[int, str, str], ...]
_being_made: dict[_Key, Future[IO[bytes]]] = {}
_lock = threading.Lock()


def annotated_workbook(batch: UploadBatch, *, by: Actor) -> IO[bytes]:
    """Return the uploaded file as .xlsx, open for reading, with a coloured background and a note in each cell at fault.

    It has a list of the problems in front and the cells corrected in the page. A file with several registers is marked
    with those of all its batches, so that the office puts one workbook right and uploads it. An .xlsx keeps its formats,
    formulas and sheets; other formats are rebuilt from their cells. The file contains personal data in plain text, so only
    its uploader may get it (docs/domain.md §9). Requests for the same file at the same time share one. Raises
    NotAllowedError for anybody else, StaleError for a batch that is not checked or was rejected and while another batch of
    the file is being worked on, NotFoundError where there are neither problems nor corrections, InvalidError for a file
    that is too large to be marked, UnavailableError when too many are being made, and PortalError when the original has
    been purged.
    """
    if batch.uploaded_by_id != by.pk:
        raise NotAllowedError(
            "标出问题的表格只发给上传人本人，请联系上传人。", cure="Only the uploader may fetch the annotated workbook."
        )
    if batch.is_in_progress or batch.state == UploadBatch.State.REJECTED:
        raise StaleError(
            "这个文件还没有逐行检查，没有可以标出的问题。", cure="The batch is not checked: there is nothing to mark."
        )
    others = _others_of_file(batch, by)
    key = tuple((each.pk, each.state, each.check_mark) for each in (batch, *others))
    with _lock:
        shared = _being_made.get(key)
        if shared is None:
            own: Future[IO[bytes]] = Future()
            _being_made[key] = own
    if shared is not None:
        return _opened_again(shared.result())
    try:
        own.set_result(_made(batch, others))
    except BaseException as error:
        own.set_exception(error)
    finally:
        with _lock:
            del _being_made[key]
    return _opened_again(own.result())


def _opened_again(file: IO[bytes]) -> IO[bytes]:
    """Open the file a second time, with a position of its own."""
    return open(f"/proc/self/fd/{file.fileno()}", "rb")


def _others_of_file(batch: UploadBatch, by: Actor) -> list[UploadBatch]:
    """Return the other batches of the file that were not discarded. Raises StaleError while a worker has one in hand."""
    found = UploadBatch.objects.visible_to(by).of_workbook(batch).filter(uploaded_by=batch.uploaded_by_id)
    others = list(found.exclude(pk=batch.pk).exclude(state=UploadBatch.State.DISCARDED).order_by("pk"))
    if at_work := next((other for other in others if other.is_in_progress), None):
        raise StaleError(
            f"这个文件里的{at_work.register_title}还在处理，请过一会儿再下载，各登记表的问题会标在一个文件里。",
            cure="Another batch of the file is being worked on; try again.",
        )
    return others


def _made(batch: UploadBatch, others: Sequence[UploadBatch] = ()) -> IO[bytes]:
    batches = sorted([batch, *others], key=lambda each: each.pk)
    # What was committed whole needs no marks, unless they were asked for in its own page.
    marked_batches = [each for each in batches if each == batch or not _is_settled(each)]
    entries = itertools.chain.from_iterable(_entries_of(each, names_register=bool(others)) for each in marked_batches)
    fixes = itertools.chain.from_iterable(map(_fixes_of, batches))
    with nameless_file("orders") as orders, _turn():
        if not write_orders(orders, entries, fixes):
            raise NotFoundError("这个文件没有问题，不需要标出。", cure="The batch has no problems.")
        orders.seek(0)
        limits = Limits(
            inflated_bytes=settings.UPLOAD_MAX_INFLATED_BYTES,
            rows=settings.UPLOAD_MAX_ROWS,
            memory_bytes=MEMORY_BYTES,
            seconds=SECONDS,
        )
        marked = nameless_file("marked")
        with storage.original_as_file(batch) as path:
            arguments = [json.dumps(asdict(limits)), batch.file_name, str(path)]
            try:
                run_limited(_MODULE, arguments, seconds=SECONDS, answer=marked, given=orders)
            except FileRefusedError as refusal:
                raise InvalidError(
                    "这个文件太大或太复杂，标出问题的表格做不出来；请照页面上列出的问题改原文件，或按乡镇拆成几个文件上传。",
                    cure="The marked workbook cannot be made within the limits of memory and time; the log says more.",
                ) from refusal
        return marked


@contextmanager
def _turn() -> Iterator[None]:
    """Wait until fewer than AT_ONCE marked workbooks are being made on this machine, by any process of the portal.

    Raises UnavailableError after LONGEST_WAIT.
    """
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    given_up_at = time.monotonic() + LONGEST_WAIT
    while True:
        for number in range(AT_ONCE):
            with open(folder / f".marking{number}", "ab") as place:
                try:
                    fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield  # the lock ends with the file, however this process ends
                return
        if time.monotonic() > given_up_at:
            raise UnavailableError(
                "正在标出问题的表格太多，请过一会儿再下载。",
                cure="Too many marked workbooks are being made; try again.",
            )
        time.sleep(0.1)


def _is_settled(batch: UploadBatch) -> bool:
    """Return whether all rows of a batch are in the registers."""
    return batch.state == UploadBatch.State.COMMITTED and not batch.errors


def _entries_of(batch: UploadBatch, *, names_register: bool = False) -> Iterator[Entry]:
    """Yield all problems of a batch: first those of the file and its headers, then row by row."""
    register = batch.register_title if names_register else ""
    if batch.state == UploadBatch.State.FAILED and not batch.problems:
        sentence = batch.message or "系统出错，没有处理完，请重新上传。"
        yield Entry(Level.ERROR, None, "", "", "", sentence, register)
    rows = batch.staged_rows.exclude(problems=[]).order_by("position").values_list("problems", flat=True)
    for problem in batch.problems:
        yield _entry(problem, register)
    for problems in rows.iterator(chunk_size=_CHUNK):
        for problem in problems:
            yield _entry(problem, register)


def _entry(problem: dict[str, str], register: str) -> Entry:
    return Entry(
        level=problem["level"],
        sheet=problem["sheet"] or None,
        cell=problem["cell"],
        column=problem["column"],
        value=problem["value"],
        message=problem["message"],
        register=register,
    )


def _fixes_of(batch: UploadBatch) -> Iterator[Fix]:
    sheet = register_named(batch.register)()
    for cell in corrected_cells(batch, sheet):
        yield Fix(cell.sheet or None, cell.address, cell.text, cell.is_figure)
