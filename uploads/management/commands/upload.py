"""`manage.py upload REGISTER FILE --as USERNAME …`: calls the same actions as the page, without broker or worker.

With the register `auto` the check finds out which registers the file holds; each becomes a batch.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.management.acting import acting_user
from changzhi_portal.commands import COULD_NOT_RUN, PortalCommand, bilingual_message
from changzhi_portal.refusals import InvalidError
from periods.models import ReportingPeriod, parse_month
from uploads import actions
from uploads.batch_summary import describe_batch, describe_refusal
from uploads.models import UploadBatch
from uploads.reading.refusal import FileRefusedError

ROW_ERRORS, REFUSED = 1, 2  # exit statuses
CHUNK_BYTES = 1024 * 1024
WAIT_SECONDS = 0.5  # between two looks at a batch that a worker has
State = UploadBatch.State


class Command(PortalCommand):
    """Command that checks one spreadsheet and, with --commit, writes it.

    With `auto` a file may become several batches, which are checked, and with --commit written, one after the other; the
    exit status is then the worst of them. Exit status: 0 nothing wrong (warnings allowed), 1 rows with errors, 2 the file
    was refused, 3 the command could not run (unknown user, register, period or file).
    """

    help = "Check a spreadsheet of one register (or auto) and, with --commit, write it to the register."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments (docs/spreadsheets.md §6.1)."""
        parser.add_argument("register", help="the register's name, or auto to find it out from the file")
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="as_", required=True, metavar="USERNAME", help="the user to act as")
        parser.add_argument(
            "--period", metavar="YYYY-MM", help="the month; default: the one in the title, else today's"
        )
        parser.add_argument(
            "--commit", choices=["all", "good"], help="write all rows or none, or only those without errors"
        )
        parser.add_argument(
            "--locked-reason",
            metavar="TEXT",
            default="",
            help="the reason for altering figures of a locked month (bureau only)",
        )
        parser.add_argument(
            "--confirm-growth",
            action="store_true",
            help="write the rows although they multiply the records of the office or of a community",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the file and print the result; raises CommandError with the exit status."""
        try:
            batches = [self._carry_out(self._check(options), options)]
            batches += [self._carry_out(_checked(part), options) for part in batches[0].parts.order_by("pk")]
        except FileRefusedError as refused:
            answer = describe_refusal(refused, register=options["register"], file_name=_file_name(options["file"]))
            self._print([answer], as_json=options["json"])
            raise CommandError(bilingual_message(refused), returncode=REFUSED) from refused
        self._print([describe_batch(batch) for batch in batches], as_json=options["json"])
        errors = [error for batch in batches if (error := _error_of(batch, options)) is not None]
        if errors:
            raise max(errors, key=lambda error: error.returncode)

    def _carry_out(self, batch: UploadBatch, options: dict[str, Any]) -> UploadBatch:
        if options["commit"] and batch.state == State.CHECKED:
            return self._commit(batch, options["commit"], confirms_growth=options["confirm_growth"])
        return batch

    def _check(self, options: dict[str, Any]) -> UploadBatch:
        user = acting_user(options["as_"])
        path: Path = options["file"]
        try:
            # In one transaction, so that a month is not added to the calendar if the file is refused.
            with transaction.atomic():
                batch = actions.receive_file(
                    file=_chunks(path),
                    file_name=_file_name(path),
                    register="" if options["register"] == UploadBatch.RECOGNISED else options["register"],
                    by=user,
                    period=_period(options["period"]) if options["period"] else None,
                    locked_reason=options["locked_reason"],
                    queue=False,
                )
        except OSError as error:
            raise InvalidError(
                "文件打不开，请核对路径。", cure=f"{path} cannot be read: {error.strerror}.", field="file"
            ) from error
        return actions.check_batch(batch)

    def _commit(self, batch: UploadBatch, mode: str, *, confirms_growth: bool) -> UploadBatch:
        if (mode == "all" and batch.errors) or (batch.growth and not confirms_growth):
            return batch
        actions.request_commit(
            batch=batch, mode=mode, by=batch.uploaded_by, confirms_growth=confirms_growth, queue=False
        )
        batch.refresh_from_db()
        return actions.commit_batch(batch)

    def _print(self, answers: list[dict[str, Any]], *, as_json: bool) -> None:
        """Print one batch, or several as the list `batches` of one object."""
        if as_json:
            answer = answers[0] if len(answers) == 1 else {"batches": answers}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        for answer in answers:
            if len(answers) > 1:
                self.stdout.write("Register {register}:".format(**answer))
            self._print_one(answer)

    def _print_one(self, answer: dict[str, Any]) -> None:
        self.stdout.write(
            "Batch {batch}: {state}. {rows} rows: {new} new, {changed} changed, {unchanged} unchanged, "
            "{errors} with errors, {warnings} with warnings; {skipped} skipped.".format(**answer)
        )
        for problem in answer["problems"]:
            where = "!".join(filter(None, (problem["sheet"], problem["cell"])))
            self.stdout.write(f"{problem['level']} {problem['code']} {where} {problem['column']}: {problem['message']}")


def _error_of(batch: UploadBatch, options: dict[str, Any]) -> CommandError | None:
    """Return the error, with its exit status, that a batch ends with; None if nothing is wrong."""
    if batch.state == State.FAILED:
        return CommandError(batch.message, returncode=COULD_NOT_RUN)
    if batch.state == State.REJECTED:
        return CommandError(batch.message, returncode=REFUSED)
    if batch.errors:
        return CommandError(f"{batch.errors} rows have errors.", returncode=ROW_ERRORS)
    if batch.growth and batch.state == State.CHECKED and not options["confirm_growth"]:
        return CommandError(f"{batch.growth_question}。确实如此的，请加上--confirm-growth。", returncode=ROW_ERRORS)
    if options["commit"] and batch.state != State.COMMITTED:
        return CommandError(batch.message or "Nothing was committed.", returncode=ROW_ERRORS)
    return None


def _checked(batch: UploadBatch) -> UploadBatch:
    """Return a batch that was split off, checked: here, or by the worker that has taken it after it had waited long."""
    while batch.is_in_progress:
        actions.check_queued_batch(batch.pk)
        batch.refresh_from_db()
        if batch.is_in_progress:
            time.sleep(WAIT_SECONDS)
    return batch


def _period(text: str) -> ReportingPeriod:
    """Return the month of `--period`. Raises InvalidError for one that has not begun, which is a typing error."""
    month = parse_month(text)
    if month > timezone.localdate():
        raise InvalidError(
            f"{month.year}年{month.month}月还没有开始，请核对月份。",
            cure=f"The period {text} has not begun. Choose this month or an earlier one.",
            field="period",
        )
    return ReportingPeriod.objects.for_month(month)


def _file_name(path: Path) -> str:
    """Return the file's name as text; a name from a Windows archive is often GBK, which databases refuse."""
    name = os.fsencode(path.name)
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("gb18030", "replace")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
