"""Tables whose labels stand in a column, not in a row: turned tables, and forms with one record each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from changzhi_portal.registers.problems import cell_address
from changzhi_portal.registers.register import RegisterSheet
from uploads.reading.grid import Grid
from uploads.reading.headers import Matcher
from uploads.reading.refusal import FileRefusedError

_ROWS: Final = 60
_COLUMNS: Final = 8
_FEWEST_LABELS: Final = 3  # different columns of the register; fewer may be chance


def reject_turned(grids: Iterable[Grid], register: RegisterSheet) -> None:
    """Raise FileRefusedError (header_not_found) for labels that stand one below the other, with the way to turn them."""
    matcher = Matcher(register.columns)
    for grid in grids:
        labelled = {column: fields for column in range(_COLUMNS) if (fields := _fields_in(grid.rows, column, matcher))}
        if sum(map(len, labelled.values())) < _FEWEST_LABELS:
            continue
        where = f"工作表“{grid.name}”" if grid.name else "这张表"
        fullest = max(labelled, key=lambda column: len(labelled[column]))
        if len(labelled[fullest]) >= _FEWEST_LABELS and len(labelled) == 1:
            letter = cell_address(1, fullest)[:-1]
            raise FileRefusedError(
                "header_not_found",
                f"{where}是竖着排的（列名在{letter}列，一条记录占一列），请复制整张表，用“选择性粘贴”里的“转置”贴到新表，再上传",
                cure="The table is turned: its labels are in a column. Transpose it.",
                can_be_mapped=False,
            )
        if len(labelled) > 1 and all(len(fields) > 1 for fields in labelled.values()):
            raise FileRefusedError(
                "header_not_found",
                f"{where}像是一条记录一张的登记表（列名旁边就是内容），请照模板汇总成一行一条的表，再上传",
                cure="This is a form with one record. List the records one per row, as in the template.",
                can_be_mapped=False,
            )


def _fields_in(rows: Sequence[Sequence[object]], column: int, matcher: Matcher) -> set[str]:
    """Return the fields whose labels stand in a column."""
    texts = (row[column] for row in rows[:_ROWS] if column < len(row))
    matches = (matcher.find((text.strip(),)) for text in texts if isinstance(text, str) and 0 < len(text) <= 60)
    return {match.field for match in matches if match is not None and match.field}
