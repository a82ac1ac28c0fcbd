"""Writing a batch of rows that a program sends: each is a row of the register without a file, and all one change set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction

from changelog.actions.apply import apply_writes
from changelog.actions.edit import check_rows, edit_context, notify_of_leaving, refuse_unless_may_edit
from changelog.models import RegisterLock
from changzhi_portal.bulk import in_batches
from changzhi_portal.records import Record
from changzhi_portal.refusals import InvalidError, StaleError
from changzhi_portal.registers.batches import MOST_IN_BATCH, Outcome, RowResult, WantedRow
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.editing import row_of_input
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.rights import Actor
from changzhi_portal.scope import lie_within
from changzhi_portal.violations import violation_in_words
from periods.models import ReportingPeriod

# How often rows are checked anew because others were left out, on which they may have depended.
MOST_CHECKS = 5


@dataclass(slots=True)
class _Judged:
    """A row and what the check says of it; a row of a record that is stale or missing is none."""

    result: RowResult
    row: RegisterRow | None = None


def write_rows(
    *,
    register: RegisterSheet,
    rows: Sequence[WantedRow],
    by: Actor,
    keeps_good: bool,
    confirms: bool,
    locked_reason: str = "",
) -> list[RowResult]:
    """Check rows and write them as one change set; return what came of each, in their order.

    With `keeps_good` rows that cannot be written are left out; without it one such row keeps all of them from being
    written. `confirms` says that warnings have been read; without it a row with a warning is not written. The number
    of queries does not grow with the rows.

    Raises NotAllowedError when the person may not edit, InvalidError for more than MOST_IN_BATCH rows, for a field that
    the register does not have or what the database refuses, StaleError when a record leaves the area meanwhile.
    """
    refuse_unless_may_edit(by, locked_reason)
    if len(rows) > MOST_IN_BATCH:
        raise InvalidError(
            f"一次最多{MOST_IN_BATCH}条，请分几次发送。", cure=f"At most {MOST_IN_BATCH} rows.", field="rows"
        )
    wanted = dict(enumerate(rows, start=1))
    try:
        with transaction.atomic():
            # First as a preview checks: what only warns is looked for before anything is locked.
            context = edit_context(by, None, locked_reason, locking=False)
            judged = _judge(register, wanted, by, context, confirms=confirms)
            if not confirms:
                _ask_about_growth(register, judged, context)
            if not _may_write(judged, keeps_good=keeps_good):
                return _nothing_written(judged)
            RegisterLock.objects.lock(register.name)
            if register.has_dated_figures:
                ReportingPeriod.objects.keep_from_locking()
            context = edit_context(by, None, locked_reason, locking=True)
            judged |= _held(register, wanted, judged, by, context)
            if not _may_write(judged, keeps_good=keeps_good):
                return _nothing_written(judged)
            _write(register, judged, by, locked_reason)
            return _as_they_are(register, judged)
    except IntegrityError as error:
        why = violation_in_words(error, register.writes_to)
        raise InvalidError(f"{why}没有保存，请核对后再改。", cure="The database refuses a value.") from error


def _may_write(judged: Mapping[int, _Judged], *, keeps_good: bool) -> bool:
    good = [each.result.outcome.is_good for each in judged.values()]
    return any(good) if keeps_good else all(good)


def _judge(
    register: RegisterSheet, wanted: Mapping[int, WantedRow], by: Actor, context: CheckContext, *, confirms: bool
) -> dict[int, _Judged]:
    """Return what the register's check says of all rows together, by their positions."""
    records = _records(register, {each.ref for each in wanted.values() if each.ref}, by, context)
    judged: dict[int, _Judged] = {}
    rows: dict[int, RegisterRow] = {}
    for position, each in wanted.items():
        record = records.get(each.ref)
        if each.ref and record is None:
            judged[position] = _Judged(RowResult(Outcome.MISSING, ref=each.ref))
        elif record is not None and record.version != each.version:
            judged[position] = _Judged(RowResult(Outcome.STALE, record.pk, record.ref, record.version))
        elif each.refused is not None:
            judged[position] = _Judged(RowResult(Outcome.INVALID, ref=each.ref, problems=[each.refused]))
        elif record is not None and not each.values:
            judged[position] = _Judged(RowResult(Outcome.UNCHANGED, record.pk, record.ref, record.version))
        else:
            rows[position] = row_of_input(register, each.values, record)
            rows[position].corrects = each.corrects
    check_rows(register, list(rows.values()), context, new=[row for at, row in rows.items() if not wanted[at].ref])
    _refuse_repeated(wanted, rows)
    for position, row in rows.items():
        record = records.get(wanted[position].ref)
        found = RowResult(_outcome(row, confirms=confirms), problems=row.problems, also=row.also)
        if record is not None:
            found = replace(found, key=record.pk, ref=record.ref, version=wanted[position].version)
        judged[position] = _Judged(found, row)
    return dict(sorted(judged.items()))


def _refuse_repeated(wanted: Mapping[int, WantedRow], rows: Mapping[int, RegisterRow]) -> None:
    """Report the later of two rows of one record, which the check knows by their keys alone."""
    first: dict[str, int] = {}
    for position, row in rows.items():
        ref = wanted[position].ref
        if ref and first.setdefault(ref, position) != position:
            row.report("duplicate_in_file", f"与第{first[ref]}行是同一条记录，请只保留一行", "ref")


def _outcome(row: RegisterRow, *, confirms: bool) -> Outcome:
    if row.has_error:
        return Outcome.INVALID
    if row.has_warning and not confirms:
        return Outcome.WARNED
    if row.is_new:
        return Outcome.CREATED
    return Outcome.CHANGED if row.writes else Outcome.UNCHANGED


def _ask_about_growth(register: RegisterSheet, judged: Mapping[int, _Judged], context: CheckContext) -> None:
    """Warn at each new row where together they would multiply the records of a place or of the office, as uploads ask."""
    growth = register.growth([each.row for each in judged.values() if each.row is not None], context)
    for each in judged.values():
        if growth and each.result.outcome is Outcome.CREATED and each.row is not None:
            for one in growth:
                each.row.report("unusual_growth", f"{register.title}会成倍增加：{one.sentence}", level=Level.WARNING)
            each.result = replace(each.result, outcome=Outcome.WARNED)


def _records(register: RegisterSheet, refs: set[str], by: Actor, context: CheckContext) -> dict[str, Record]:
    """Return the records in the person's own area by their refs, held where the context locks."""
    found: dict[str, Record] = {}
    for batch in in_batches(sorted(refs)):
        # Found first and locked by their keys: a scope is looked up through other tables.
        keys = list(register.model.objects.visible_to(by).filter(ref__in=batch).values_list("pk", flat=True))
        held = context.lock(register.model.objects.filter(pk__in=keys).order_by("pk"))
        found |= {record.ref: record for record in held}
    return found


def _held(
    register: RegisterSheet,
    wanted: Mapping[int, WantedRow],
    judged: Mapping[int, _Judged],
    by: Actor,
    context: CheckContext,
) -> dict[int, _Judged]:
    """Return the verdicts on the good rows, checked without the others and with their records held.

    Where a row turns out to depend on one that is left out, those that remain are checked again.
    """
    found: dict[int, _Judged] = {}
    good = [position for position, each in judged.items() if each.result.outcome.is_good]
    for _ in range(MOST_CHECKS):
        found |= _judge(register, {position: wanted[position] for position in good}, by, context, confirms=True)
        remaining = [position for position in good if found[position].result.outcome.is_good]
        if len(remaining) == len(good):
            return {position: _with_warnings(each, judged[position]) for position, each in found.items()}
        good = remaining
    raise StaleError(
        "这些行互相牵连，没有保存；请分几次发送。", cure="The rows depend on one another; send fewer at a time."
    )


def _with_warnings(now: _Judged, before: _Judged) -> _Judged:
    """Return a verdict with the warnings of the first check, which looks for more of them."""
    if now.result.outcome.is_good:
        now.result = replace(now.result, problems=before.result.problems)
    return now


def _nothing_written(judged: Mapping[int, _Judged]) -> list[RowResult]:
    results = [each.result for each in judged.values()]
    return [replace(each, outcome=Outcome.LEFT_OUT) if each.outcome.is_good else each for each in results]


def _write(register: RegisterSheet, judged: Mapping[int, _Judged], by: Actor, locked_reason: str) -> None:
    """Write the good rows and log them; undoing goes row by row."""
    rows = {at: each.row for at, each in judged.items() if each.row is not None and each.result.outcome.is_good}
    for position, row in rows.items():
        for write in row.writes:
            write.batch_row, write.label = position, _label_of(row)
    writes = [write for row in rows.values() for write in row.writes]
    if not lie_within(by.division, {write.division_id for write in writes}):
        raise StaleError(
            "有的记录不属于本单位（区划可能有变更），没有保存，请重新读取。", cure="A record is not in the user's area."
        )
    writing = [row for row in rows.values() if row.writes]
    change_set = apply_writes(
        writes,
        models_in_order=register.writes_to,
        by=by,
        division=by.division,
        summary=_summary(register, writing, locked_reason),
    )
    if change_set is not None:
        notify_of_leaving(register, writing, change_set)


def _summary(register: RegisterSheet, rows: Sequence[RegisterRow], locked_reason: str) -> str:
    """Return what the change log says: that a program has written, and what."""
    new = sum(row.is_new for row in rows)
    does = "新增" if new == len(rows) else "修改" if not new else "新增和修改"
    reason = f"（修改已锁定月份：{locked_reason.strip()}）" if locked_reason.strip() else ""
    what = f"：{_label_of(rows[0])}" if len(rows) == 1 else f"，{len(rows)}条"
    return f"接口{does}{register.title}{reason}{what}"


def _label_of(row: RegisterRow) -> str:
    """Return how people call the record of a row, also of one that does not name it."""
    return row.label or ("" if row.target is None else str(row.target))


def _as_they_are(register: RegisterSheet, judged: Mapping[int, _Judged]) -> list[RowResult]:
    """Return the results with the versions that the records have now."""
    keys: dict[int, int] = {}
    for position, each in judged.items():
        record = _record_of(each.row) if each.row is not None and each.result.outcome.is_good else None
        if record is not None:
            keys[position] = record.pk
    known = {
        pk: (ref, version)
        for batch in in_batches(list(keys.values()))
        for pk, ref, version in register.model.objects.filter(pk__in=batch).values_list("pk", "ref", "version")
    }
    results = []
    for position, each in judged.items():
        result = each.result
        if position in keys and keys[position] in known:
            ref, version = known[keys[position]]
            result = replace(result, key=keys[position], ref=ref, version=version)
        results.append(result)
    return results


def _record_of(row: RegisterRow) -> Record | None:
    """Return the record that a row has added, or is about."""
    written = (write.instance for write in row.writes)
    found = row.target or next((each for each in written if isinstance(each, Record)), None)
    return found if isinstance(found, Record) else None
