"""Actions of exports: making the file of a list at once, or asking a worker for it, which makes it later.

What is exported is asked for by the address of the list, and found by the code of its page (`pages.exported`), for the rights and the area
that the person has when the file is made. No file is given out that the trail does not know.
"""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from changelog.trail import TrailKind, record_event
from changzhi_portal.bulk import garbage_collection_disabled
from changzhi_portal.jobs import Claim
from changzhi_portal.pages.exported import ShownList, page_at, shown_at
from changzhi_portal.records import field_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, PortalError, StaleError, TooOftenError
from changzhi_portal.rights import Actor
from exports.formats import FORMATS, Head, StreamedFormat
from exports.jobs import MAKE, notify_of_outcome
from exports.models import ListExport
from exports.resources import CHUNK, resource_of
from exports.storage import keep_file, path_of, remove_file, remove_left_behind, scratch_file, sha256_of

logger = logging.getLogger(__name__)
State = ListExport.State
# How many exports of one person may wait or be made at a time, so that one does not keep the worker from the others.
MOST_UNFINISHED = 3
_SECONDS_BETWEEN_HEARTBEATS = 1.0
_SEEN_NO_MORE = "您的角色或所属区划变了，这张表现在不能导出。"


class MadeFile(NamedTuple):
    """A file that is ready to be sent, and what it is called."""

    file: IO[bytes]
    name: str
    content_type: str
    rows: int


# --- Asked for by a person ---


def export_list(*, path: str, query: str, file_format: str, by: Actor) -> MadeFile | ListExport:
    """Return the file of the list at an address; of a long one the export that a worker has been asked for.

    Raises Http404 and PermissionDenied as its page does, and PortalError for an unknown format, for too long a query, for a
    list without rows, for one with more rows than the format holds, and for a person who has asked for too many.
    """
    form = _format_named(file_format)
    # Before anything is read: the trail keeps the query of every export for good.
    if len(query) > (field_of(ListExport, "query").max_length or 0):
        raise InvalidError("条件太多，请减少一些再导出。", cure="Narrow the filters.")
    shown = shown_at(path, query, by)
    if not shown.count:
        raise InvalidError("当前条件下没有记录，没有可以导出的。", cure="Export a list that shows rows.")
    _check_fits(shown.count, form)
    if shown.count > settings.EXPORT_ROWS_AT_ONCE:
        return _queued(shown, path=path, query=query, file_format=file_format, by=by)
    file, rows = write_list(shown, form)
    name = file_name(shown.title, by.division, form)
    _record(shown.label, path=path, query=query, form=form, name=name, rows=rows, sha256=sha256_of(file), by=by)
    file.seek(0)
    return MadeFile(file, name, form.content_type, rows)


def _queued(shown: ShownList, *, path: str, query: str, file_format: str, by: Actor) -> ListExport:
    with transaction.atomic():
        own = ListExport.objects.visible_to(by).unfinished()
        same = own.filter(path=path, query=query, file_format=file_format).first()
        if same is not None:
            return same
        if own.count() >= MOST_UNFINISHED:
            raise TooOftenError(
                f"您还有{MOST_UNFINISHED}个导出正在生成，请等其中一个完成。",
                cure="Wait until one of the unfinished exports is ready.",
            )
        export = ListExport.objects.create(
            title=shown.title[: field_of(ListExport, "title").max_length], path=path, query=query,
            file_format=file_format, rows_total=shown.count, asked_by_id=by.pk, **MAKE.queued(),
        )  # fmt: skip
        MAKE.announce(export.pk)
    return export


def open_export(*, export: ListExport, by: Actor) -> MadeFile:
    """Return the stored file of a finished export, and record that it was downloaded.

    Raises StaleError where there is no file (any more), NotAllowedError for anybody else, and where role or area have changed
    since it was made: it may hold what the person may not see any more.
    """
    if export.asked_by_id != by.pk:
        raise NotAllowedError("导出的文件只发给导出人本人。", cure="Only the person who asked for it gets the file.")
    try:
        page_at(export.path, export.query, by)
    except (Http404, PermissionDenied) as refused:
        raise NotAllowedError(_SEEN_NO_MORE, cure="The list is not open to this user any more.") from refused
    if (export.made_within, export.made_as) != (by.division.path, str(by.role)):
        raise NotAllowedError(
            "您的角色或所属区划在生成以后变了，请重新导出。",
            cure="Export the list again: role or division have changed.",
        )
    try:
        file = path_of(export.file).open("rb") if export.state == State.READY else None
    except FileNotFoundError:
        file = None
    if file is None:
        raise StaleError("文件已过期删除，请重新导出。", cure="The file is no longer stored: export the list again.")
    form = _format_named(export.file_format)
    name = file_name(export.title, by.division, form, export.finished_at)
    detail = {"file": name, "sha256": export.sha256}
    record_event(TrailKind.DOCUMENT, by=by, label=export.title, rows=export.rows_done, detail=detail, is_required=True)
    return MadeFile(file, name, form.content_type, export.rows_done)


# --- Made by a worker ---


def make_export(export_id: int) -> None:
    """Make the file of a queued export. Errors are written to its row and logged; DatabaseError is raised again."""
    claim = MAKE.claim(export_id)
    if claim is None:
        return
    try:
        with claim.guard():
            _make(claim)
    except DatabaseError:
        raise
    except PortalError as refusal:
        logger.info("Export %s was refused: %s", export_id, refusal)
    except Exception:
        logger.exception("Export %s failed", export_id)


def _make(claim: Claim[ListExport]) -> None:
    export = ListExport.objects.select_related("asked_by__division").get(pk=claim.key)
    by, form = export.asked_by, _format_named(export.file_format)
    made_within, made_as = by.division.path, str(by.role)
    try:
        shown = shown_at(export.path, export.query, by)
    except (Http404, PermissionDenied) as refused:
        raise NotAllowedError(_SEEN_NO_MORE, cure="The list is not open to this user any more.") from refused
    file, rows = write_list(shown, form, _Progress(claim))
    claim.heartbeat(rows_done=rows)
    # The claim's token: a worker that was taken for dead writes no file of another one.
    name = f"{export.ref}-{claim.token}.{form.suffix}"
    try:
        size, digest = keep_file(name, file), sha256_of(file)
        with transaction.atomic():
            claim.hold()
            called = file_name(export.title, by.division, form)
            _record(
                shown.label,
                path=export.path,
                query=export.query,
                form=form,
                name=called,
                rows=rows,
                sha256=digest,
                by=by,
            )
            claim.finish(
                State.READY, file=name, size=size, sha256=digest, rows_done=rows, made_within=made_within,
                made_as=made_as, finished_at=timezone.now(),
            )  # fmt: skip
            export.refresh_from_db()
            notify_of_outcome(export)
    except BaseException:
        remove_file(name)
        raise
    finally:
        file.close()


class _Progress:
    """Renews the heartbeat of a claim with the number of rows that are written, at most once a second."""

    def __init__(self, claim: Claim[ListExport]) -> None:
        self.claim = claim
        self.last = time.monotonic()

    def __call__(self, rows: int) -> None:
        """Say that so many rows are written. Raises ClaimLostError."""
        if time.monotonic() - self.last >= _SECONDS_BETWEEN_HEARTBEATS:
            self.claim.heartbeat(rows_done=rows)
            self.last = time.monotonic()


def remove_old(before: datetime.datetime) -> int:
    """Remove the files of exports that were finished before a moment; return how many. Their rows stay and say so."""
    old = list(old_files(before).values_list("pk", "file"))
    for key, name in old:
        ListExport.objects.filter(pk=key, state=State.READY).update(state=State.REMOVED, file="")
        remove_file(name)
    known = set(ListExport.objects.exclude(file="").values_list("file", flat=True))
    remove_left_behind(known)
    return len(old)


def old_files(before: datetime.datetime) -> QuerySet[ListExport]:
    """Return the exports with a file that were finished before a moment."""
    return ListExport.objects.filter(state=State.READY, finished_at__lt=before)


# --- Writing ---


def _check_fits(rows: int, form: StreamedFormat) -> None:
    """Raise InvalidError for more rows than a file of the format holds."""
    if form.most_rows is not None and rows > form.most_rows:
        raise InvalidError(
            f"{form.title}最多放{form.most_rows}条，这里有{rows}条，请换成CSV，或用条件分几次导出。",
            cure="Choose csv or json, or narrow the filters.",
        )


def write_list(
    shown: ShownList, form: StreamedFormat, progress: Callable[[int], None] | None = None
) -> tuple[IO[bytes], int]:
    """Return a nameless file with the list in a format, open at its end, and the number of its rows."""
    resource = resource_of(shown)
    head = Head(shown.title, resource.keys, resource.get_export_headers(), timezone.localtime())
    counted = _Counted(resource.stream(None if progress is None else _in_steps(shown.rows)), progress)
    file = scratch_file()
    try:
        with garbage_collection_disabled():
            form.write(head, counted, file)
        _check_fits(counted.number, form)  # rows may have come since they were counted
    except BaseException:
        file.close()
        raise
    return file, counted.number


class _Counted:
    """Rows that are counted as they pass, and told to `progress` chunk by chunk."""

    def __init__(self, rows: Iterator[Any], progress: Callable[[int], None] | None) -> None:
        self.rows, self.progress, self.number = rows, progress, 0

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows."""
        for row in self.rows:
            self.number += 1
            if self.progress is not None and not self.number % CHUNK:
                self.progress(self.number)
            yield row


def _in_steps(rows: QuerySet | Sequence[Any]) -> Any:
    """Return rows that may be read while their worker writes its heartbeat.

    On SQLite a connection that is reading a table cannot write once another has written (SQLITE_BUSY_SNAPSHOT). So there the
    keys are read first, and the rows by them; on PostgreSQL a cursor holds what stood at its beginning.
    """
    if connection.vendor != "sqlite" or not isinstance(rows, QuerySet):
        return rows
    keys = list(rows.values_list("pk", flat=True))
    unsliced = rows.all()
    unsliced.query.clear_limits()
    return _by_keys(unsliced, keys)


def _by_keys(rows: QuerySet, keys: list[int]) -> Iterator[Any]:
    for start in range(0, len(keys), CHUNK):
        yield from rows.filter(pk__in=keys[start : start + CHUNK])


def file_name(title: str, division: Any, form: StreamedFormat, when: datetime.datetime | None = None) -> str:
    """Return what a file is called: 城区社会组织列表20180703-1730.xlsx; a template for the register is called otherwise."""
    made = timezone.localtime(when)
    return f"{division.full_name}{title}列表{made:%Y%m%d-%H%M}.{form.suffix}".replace("*", "＊").replace("/", "／")


def _format_named(name: str) -> StreamedFormat:
    if name not in FORMATS:
        raise InvalidError("没有这种格式，请选Excel、CSV或者JSON。", cure="Choose xlsx, csv or json.", field="format")
    return FORMATS[name]()


def _record(
    label: str, *, path: str, query: str, form: StreamedFormat, name: str, rows: int, sha256: str, by: Actor
) -> None:
    """Record an export before anybody has the file; raises UnavailableError where that fails."""
    detail = {"list": path, "query": query, "format": form.suffix, "file": name, "sha256": sha256}
    record_event(TrailKind.EXPORTED, by=by, label=label, rows=rows, detail=detail, is_required=True)
