"""Writing a batch to its register in one transaction, which compares the rows again (docs/spreadsheets.md §4.3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils import timezone

from changelog.actions import apply_writes
from changelog.models import ChangeSet, RegisterLock
from changzhi_portal.bulk import in_batches
from changzhi_portal.jobs import Claim
from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.rights import Actor
from changzhi_portal.scope import lie_within
from changzhi_portal.violations import violation_in_words
from uploads.actions.replace import replace_older
from uploads.actions.rest import close_rest, recount, written_in_words
from uploads.actions.staging import stage_again
from uploads.jobs import load_batch
from uploads.models import UploadBatch, UploadRow
from uploads.outcome_notices import notify_uploader
from uploads.progress import Reporter
from uploads.rows.cleaning import CellRereader
from uploads.rows.comparison import count_outcomes, name_columns, outcome_of
from uploads.rows.staged import StagedRow, describe_changes, digest_of_shown, slices_to_write

Outcome = UploadRow.Outcome
ROWS_AT_ONCE = 10_000
MOST_ROWS_NAMED = 3  # in the sentence about what has changed since the preview


class PreviewOutdatedError(StaleError):
    """The registers have changed since the preview, so that a row has an error now or would write something else."""


def write_batch(
    claim: Claim[UploadBatch], sheet: RegisterSheet, make_context: Callable[[], CheckContext], report: Reporter
) -> None:
    """Write the staged rows of a claimed batch and mark it as committed, in one transaction that locks the batch.

    An error of any row in mode "all", or a violated constraint of the database, rolls back the transaction.
    `make_context` is called inside the transaction. Raises PreviewOutdatedError, PortalError, or ClaimLostError when
    another worker has the batch or has finished it.
    """
    try:
        with transaction.atomic():
            # Only the batch is locked, so that its users and its office can go on working.
            batch = claim.hold(UploadBatch.objects.select_related("confirmed_by__division", "division", "uploaded_by"))
            by = _refuse_unless_still_allowed(batch)
            RegisterLock.objects.lock(batch.register)
            # Called here, to notice a month that has been locked while the batch waited.
            writer = CommitWriter(batch, sheet, make_context(), by=by)
            done, total = 0, batch.to_decide["rows"]
            report.step("核对并写入登记表", total)
            only_good = batch.commit_mode == UploadBatch.CommitMode.GOOD
            for rows in slices_to_write(batch, sheet, only_good=only_good, size=ROWS_AT_ONCE):
                writer.write(rows)
                done += len(rows)
                report(done, total)
            writer.finish()
    except IntegrityError as error:
        why, nothing_written = violation_in_words(error, sheet.writes_to), load_batch(claim.key).nothing_written
        raise InvalidError(f"{why}{nothing_written}，请核对后重新上传。") from error


def _refuse_unless_still_allowed(batch: UploadBatch) -> Actor:
    """Return the user who confirmed the batch; raise NotAllowedError if that user may no longer commit it.

    The user may have become inactive, or have got another division or role since.
    """
    by = batch.confirmed_by
    if by is None or not batch.may_be_committed_by(by):
        raise NotAllowedError(
            f"{by or '确认的人'}已不能为这个单位入库，{batch.nothing_written}，请由现在的填报员重新确认。"
        )
    return by


def _is_as_shown(staged: StagedRow) -> bool:
    """Return whether a row writes what the preview showed, or nothing."""
    outcome = outcome_of(staged.row)
    if outcome in {Outcome.ERROR, Outcome.UNCHANGED}:
        return True
    return outcome == staged.outcome and digest_of_shown(staged.row, outcome) == staged.seen


def _what_changed(staged: StagedRow, shown: UploadRow, sheet: RegisterSheet) -> str:
    """Return in words what differs from the preview of a row, which is still staged as it was shown."""
    row = staged.row
    name = f"第{row.number}行“{row.label}”"
    if row.is_new and staged.outcome != Outcome.NEW:
        return f"{name}预览时是修改，现在没有这条记录，会成为新增"
    if staged.outcome == Outcome.NEW and not row.is_new:
        return f"{name}预览时是新增，现在已有这条记录，会成为修改"
    old = {change["column"]: change["old"] for change in shown.changes}
    for change in [] if row.is_new else describe_changes(row, sheet):
        before = old.get(change["column"])
        if before is None:
            return f"{name}的“{change['column']}”现在也会改动"
        if before != change["old"]:
            return f"{name}的“{change['column']}”预览时是“{before}”，现在是“{change['old']}”"
    unsaid = next((sentence for sentence in row.also if sentence not in shown.also), "")
    return f"{name}现在还有：{unsaid}" if unsaid else f"{name}的原有内容已有人改过"


class CommitWriter:
    """Writes one batch to its register, slice by slice in one transaction and one change set.

    Slices limit the memory. The check of the whole file has refused rows about the same record. If the registers have
    changed so that rows of two slices are now about the same record, the later one is refused here.
    """

    def __init__(self, batch: UploadBatch, sheet: RegisterSheet, context: CheckContext, *, by: Actor) -> None:
        self._batch = batch
        self._by = by
        self._sheet = sheet
        self._context = context
        self._change_set: ChangeSet | None = None
        self._written: set[int] = set()  # keys of the records of earlier slices
        self._counts: Counter[str] = Counter()
        self._bad: list[RegisterRow] = []  # good in the preview, with an error by now
        self._equal: list[int] = []  # positions of rows that say by now what the register says
        self._left: defaultdict[int, list[str]] = defaultdict(list)  # names of the workers whom each division loses

    def write(self, staged: list[StagedRow]) -> None:
        """Compare rows with the registers again and write them.

        Raises PreviewOutdatedError when a row would write something else than the preview showed, and in mode "all"
        when a row has an error now; PortalError for a record outside the office's area.
        """
        rows = [each.row for each in staged]
        self._sheet.check(rows, self._context)
        for row in rows:
            if row.target is not None and row.target.pk in self._written:
                row.report("duplicate_in_file", "与前面的行是同一条记录，请只保留一行")
        good = self._good_rows(rows)
        self._refuse_what_was_not_shown(staged)
        self._check_scope(good)
        self._apply(good)
        self._counts.update(count_outcomes(good))
        self._bad += [row for row in rows if row.has_error]
        self._equal += [row.position or 0 for row in good if outcome_of(row) == Outcome.UNCHANGED]

    def _good_rows(self, rows: list[RegisterRow]) -> list[RegisterRow]:
        bad = sum(row.has_error for row in rows)
        if bad and self._batch.commit_mode == UploadBatch.CommitMode.ALL:
            raise PreviewOutdatedError(f"检查之后登记表有变动，至少{bad}行现在不能入库；已重新检查，请看问题清单。")
        return [row for row in rows if not row.has_error]

    def _refuse_what_was_not_shown(self, staged: list[StagedRow]) -> None:
        """Raise PreviewOutdatedError when a row would write something else than the preview showed.

        A row with nothing left to write is as good as shown: somebody has done the same meanwhile.
        """
        others = [each for each in staged if not _is_as_shown(each)]
        if not others:
            return
        first = others[:MOST_ROWS_NAMED]
        positions = [each.row.position for each in first]
        shown = {row.position: row for row in self._batch.staged_rows.filter(position__in=positions)}
        told = "；".join(_what_changed(each, shown[each.row.position or 0], self._sheet) for each in first)
        more = f"；等至少{len(others)}行" if len(others) > len(first) else ""
        raise PreviewOutdatedError(
            f"{self._batch.nothing_written}：预览以后登记表有变动，已重新核对，请再看一遍后确认。{mask_slipped_numbers(told)}{more}。"
        )

    def _check_scope(self, rows: list[RegisterRow]) -> None:
        """Raise PortalError unless every division of the written rows is in the office's own subtree."""
        division_ids = {write.division_id for row in rows for write in row.writes}
        if not lie_within(self._batch.division, division_ids):
            raise StaleError(
                f"文件中有不属于本单位的记录（检查以后区划可能有变更），{self._batch.nothing_written}，请重新上传。"
            )

    def _apply(self, rows: list[RegisterRow]) -> None:
        writes = [write for row in rows for write in row.writes]
        for row in rows:
            for write in row.writes:
                write.batch_row, write.label = row.position, row.label
        self._change_set = apply_writes(
            writes,
            models_in_order=self._sheet.writes_to,
            by=self._by,
            division=self._batch.division,
            batch=self._batch,
            summary=self._summary(),
            into=self._change_set,
        )
        for row in rows:
            for write in row.writes:
                if write.leaves_division_id is not None:
                    self._left[write.leaves_division_id].append(row.label)
        self._written |= {row.target.pk for row in rows if row.target is not None}
        self._written |= {write.instance.pk for write in writes if isinstance(write.instance, self._sheet.model)}

    def _summary(self) -> str:
        reason = f"（修改已锁定月份：{self._batch.locked_reason}）" if self._batch.locked_reason else ""
        return f"上传{self._sheet.title}{reason}：{self._batch.file_name}"

    def _stage_what_rows_have_become(self) -> None:
        """Correct the staged rows that were not written though the preview showed them as good."""
        if self._bad:
            rereader = CellRereader(self._sheet, self._batch.mapping)
            for row in self._bad:
                rereader.read_kept_cells(row)
            name_columns(self._bad, self._sheet)
            stage_again(batch=self._batch, rows=self._bad, sheet=self._sheet)
        for positions in in_batches(self._equal):
            rows = self._batch.staged_rows.filter(position__in=positions)
            rows.update(outcome=Outcome.UNCHANGED, changes=[], also=[], seen="")

    def finish(self) -> None:
        """End the batch as committed with the numbers of its rows, and send the notices."""
        batch, counts = self._batch, self._counts
        is_rest = bool(batch.rest)
        self._stage_what_rows_have_become()
        close_rest(batch)
        recount(batch)
        batch.committed_at = timezone.now()
        batch.message = written_in_words(batch)
        if is_rest:
            batch.message = (
                f"余下的行已入库：这次新增{counts['new']}行，修改{counts['changed']}行。前后合计{batch.message}"
            )
        batch.save()
        replace_older(batch)
        if self._change_set is not None:
            self._sheet.notify_offices_left(self._change_set, self._left)
        notify_uploader(batch)
