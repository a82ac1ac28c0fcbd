"""`manage.py upload REGISTER FILE --as USERNAME …`: calls the same actions as the page, without broker or worker."""

from __future__ import annotations

import json
import os
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
State = UploadBatch.State


class Command(PortalCommand):
    """Command that checks one spreadsheet and, with --commit, writes it.

    Exit status: 0 nothing wrong (warnings allowed), 1 rows with errors, 2 the file was refused, 3 the command could not
    run (unknown user, register, period or file).
    """

    help = "Check a spreadsheet of one register and, with --commit, write it to the register."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments (docs/spreadsheets.md §6.1)."""
        parser.add_argument("register")
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
            batch = self._check(options)
            if options["commit"] and batch.state == State.CHECKED:
                batch = self._commit(batch, options["commit"], confirms_growth=options["confirm_growth"])
        except FileRefusedError as refused:
            answer = describe_refusal(refused, register=options["register"], file_name=_file_name(options["file"]))
            self._print(answer, as_json=options["json"])
            raise CommandError(bilingual_message(refused), returncode=REFUSED) from refused
        self._print(describe_batch(batch), as_json=options["json"])
        if batch.state == State.FAILED:
            raise CommandError(batch.message, returncode=COULD_NOT_RUN)
        if batch.state == State.REJECTED:
            raise CommandError(batch.message, returncode=REFUSED)
        if batch.errors:
            raise CommandError(f"{batch.errors} rows have errors.", returncode=ROW_ERRORS)
        if batch.growth and batch.state == State.CHECKED and not options["confirm_growth"]:
            raise CommandError(f"{batch.growth_question}。确实如此的，请加上--confirm-growth。", returncode=ROW_ERRORS)
        if options["commit"] and batch.state != State.COMMITTED:
            raise CommandError(batch.message or "Nothing was committed.", returncode=ROW_ERRORS)

    def _check(self, options: dict[str, Any]) -> UploadBatch:
        user = acting_user(options["as_"])
        path: Path = options["file"]
        try:
            # In one transaction, so that a month is not added to the calendar if the file is refused.
            with transaction.atomic():
                batch = actions.receive_file(
                    file=_chunks(path),
                    file_name=_file_name(path),
                    register=options["register"],
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

    def _print(self, answer: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(
            "Batch {batch}: {state}. {rows} rows: {new} new, {changed} changed, {unchanged} unchanged, "
            "{errors} with errors, {warnings} with warnings; {skipped} skipped.".format(**answer)
        )
        for problem in answer["problems"]:
            where = "!".join(filter(None, (problem["sheet"], problem["cell"])))
            self.stdout.write(f"{problem['level']} {problem['code']} {where} {problem['column']}: {problem['message']}")


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
