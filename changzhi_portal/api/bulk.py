"""Writing many records of a register in one call: one transaction, one change set, and what came of each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rest_framework.request import Request
from rest_framework.response import Response

from changzhi_portal.api.bodies import OBJECT, VERSION, BodyErrors
from changzhi_portal.api.idempotency import once
from changzhi_portal.api.parameters import refuse_unknown
from changzhi_portal.api.problems import RowRefusedError, RowsRefusedError, UnconfirmedError
from changzhi_portal.api.records import as_given
from changzhi_portal.api.writing import NOT_WRITABLE, OPTIONS, RecordWrites, options_of, told, writer
from changzhi_portal.refusals import TooLargeError
from changzhi_portal.registers.batches import MOST_IN_BATCH, Outcome, RowResult, WantedRow
from changzhi_portal.registers.problems import Level

ALL_OR_NOTHING, EACH = "all_or_nothing", "each"
MODES: Final = (ALL_OR_NOTHING, EACH)
MODE, ROWS = "mode", "rows"
SAYS_WHICH: Final = frozenset({"ref", "version"})  # of what only is read: which record a row is about


class BulkWrites(RecordWrites):
    """What a `RegisterEndpoint` writes, many records at a time."""

    def write_records(self, request: Request) -> Response:
        """Add and change up to MOST_IN_BATCH records. A row with a `ref` changes that record, seen in its `version`.

        `each` writes the rows that can be written and says what is wrong with the others; `all_or_nothing` writes all or
        none. Raises BadRequestError for the body, also where one row is no row of the register; TooLargeError for too
        many rows; RowsRefusedError and UnconfirmedError where nothing was written.
        """
        self.refuse_readers(request)
        refuse_unknown(request.query_params, ())
        errors, body = BodyErrors(), self.object_of(request)
        confirms, reason = options_of(body, errors)
        keeps_good, rows = self._rows_of(body, errors)
        errors.refuse()

        def write() -> Response:
            results = writer()(
                register=self.register(),
                rows=self._wanted(request, rows),
                by=request.user,
                keeps_good=keeps_good,
                confirms=confirms,
                locked_reason=reason,
            )
            if not keeps_good:
                _refuse_unless_all_are_good(results)
            return Response({"results": [written_row(each) for each in results]})

        return once(request, write)

    def _rows_of(self, body: Mapping[str, Any], errors: BodyErrors) -> tuple[bool, list[dict[str, Any]]]:
        """Return whether good rows are kept, and the rows, noting what is wrong with their form."""
        errors.refuse_unknown(body, (MODE, ROWS, *OPTIONS))
        mode, rows = body.get(MODE, ALL_OR_NOTHING), body.get(ROWS)
        if mode not in MODES:
            errors.add(MODE, "bad_choice", f"“{MODE}”应是{'或'.join(MODES)}。", f"{MODE} is one of {', '.join(MODES)}.")
        if not isinstance(rows, list) or not rows:
            errors.add(
                ROWS, "required", f"“{ROWS}”应是至少有一行的列表。", f"{ROWS} must be a list with one row or more."
            )
            return False, []
        if len(rows) > MOST_IN_BATCH:
            raise TooLargeError(
                f"一次最多{MOST_IN_BATCH}条，请分几次发送。", cure=f"At most {MOST_IN_BATCH} rows.", field=ROWS
            )
        for number, row in enumerate(rows):
            at = f"{ROWS}.{number}"
            if errors.is_of(row, OBJECT, at):
                self._check_row(row, errors, f"{at}.")
        return mode == EACH, rows

    def _check_row(self, row: Mapping[str, Any], errors: BodyErrors, at: str) -> None:
        ref, version = row.get("ref"), row.get("version")
        self.body.check(row, errors, is_new=ref is None, at=at)
        if ref is None:
            self.body.added(row, errors, at=at, may_be_null=SAYS_WHICH)  # notes what may not be given of a new record
        elif not isinstance(ref, str):
            errors.add(f"{at}ref", "wrong_type", "“ref”应是文字。", "ref must be a string.")
        elif not VERSION.takes(version):
            errors.add(
                f"{at}version",
                "required",
                "修改时请给出读取时的版本（version）。",
                "A change says which version was seen.",
            )

    def _wanted(self, request: Request, rows: list[dict[str, Any]]) -> list[WantedRow]:
        """Return the rows as the action takes them. Raises BadRequestError for a change of what is only read."""
        refs = sorted({row["ref"] for row in rows if row.get("ref") is not None})
        visible = set(self.visible(request).filter(ref__in=refs).values_list("ref", flat=True)) if refs else set()
        present = self.present(request, refs) if refs else {}
        shown = self._shown(request, rows, present)
        errors, wanted = BodyErrors(), []
        for number, row in enumerate(rows):
            at, ref = f"{ROWS}.{number}.", row.get("ref")
            if ref is None:
                wanted.append(self.body.added(row, errors, at=at, may_be_null=SAYS_WHICH))
                continue
            version = int(row["version"])
            if ref in present:
                if ref in shown:
                    said = {**row, "version": shown[ref]["version"]}  # another one makes the row stale, not wrong
                    self.body.refuse_changed(said, shown[ref], errors, at=at)
                change = self.body.changed(row, present[ref])
                wanted.append(WantedRow(change.values, ref, version, change.corrects))
            else:
                refused = NOT_WRITABLE if ref in visible else None
                wanted.append(WantedRow({}, ref, version, refused=refused))
        errors.refuse()
        return wanted

    def _shown(
        self, request: Request, rows: list[dict[str, Any]], present: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, dict[str, Any]]:
        """Return by ref what the API gives of the records whose rows repeat something that is only read."""
        repeated = self.body.read_only - SAYS_WHICH
        refs = {row["ref"] for row in rows if row.get("ref") in present and not repeated.isdisjoint(row)}
        shown = self.with_moves(request, [as_given(present[ref], self.fields) for ref in refs])
        return {each["ref"]: each for each in shown}


def written_row(result: RowResult) -> dict[str, Any]:
    """Return what came of a row as the API gives it."""
    errors = told(result.problems, Level.ERROR)
    if result.outcome is Outcome.MISSING:
        errors = [{"field": "ref", "code": "not_found", "message": "没有找到这条记录。"}]
    elif result.outcome is Outcome.STALE:
        message = "您读取以后，有人改过这条记录；请重新读取再改。"
        errors = [{"field": "version", "code": "precondition_failed", "message": message}]
    return {
        "status": str(result.outcome),
        "ref": result.ref or None,
        "version": result.version,
        "errors": errors,
        "warnings": told(result.problems, Level.WARNING),
        "also": list(result.also),
    }


def _refuse_unless_all_are_good(results: list[RowResult]) -> None:
    """Raise what stands against a batch that is written whole or not at all."""
    bad = [each for each in results if not each.outcome.is_good]
    if not bad:
        return
    count = sum(each.outcome is not Outcome.LEFT_OUT for each in bad)
    kind: type[RowRefusedError] = RowsRefusedError
    sentence, cure = f"有{count}条不能保存，一条也没有保存。", f"{count} rows cannot be written; none was."
    if all(each.outcome in {Outcome.LEFT_OUT, Outcome.WARNED} for each in bad):
        kind = UnconfirmedError
        sentence = f"有{count}条需要核对，没有保存；核对无误后，请加上confirm_warnings再发一次。"
        cure = "Read the warnings; send it again with confirm_warnings: true."
    raise kind(sentence, cure=cure, results=[written_row(each) for each in results])
