"""Differences that the other program makes, each with the reason why the portal cannot undo it, and formats not read.

A difference without a fault makes the run fail; a fault that no longer happens is named at the end of it. A fault may explain
errors, which people see; one that explains changed values has to say so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.interop.sources import Counters


@dataclass(frozen=True)
class Fault:
    """A difference that a program makes on the way. Empty texts and tuples mean all.

    `program` is the beginning of its name. `refusal` is what the portal says to a file that it does not read (a regular expression).
    `is_unwritten` is for a workbook that the program cannot read. With `changes_values`, changed records are explained too.
    """

    reason: str
    program: str = ""
    formats: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()
    refusal: str = ""
    is_unwritten: bool = False
    changes_values: bool = False

    def __str__(self) -> str:
        where = " ".join(part for part in (self.program, ", ".join(self.formats)) if part)
        return f"{where}: {self.reason}"

    def explains(self, program: str, kind_of_file: str, kind: str, register: str, counters: Counters | None) -> bool:
        """Return whether the fault is about this cell of the matrix. `counters` is None for a file that was not written."""
        return (
            program.startswith(self.program)
            and kind_of_file in (self.formats or (kind_of_file,))
            and kind in (self.kinds or (kind,))
            and register in (self.registers or (register,))
            and self._explains_counters(counters)
        )

    def _explains_counters(self, counters: Counters | None) -> bool:
        if counters is None:
            return self.is_unwritten
        if counters.refused:
            return bool(self.refusal) and re.search(self.refusal, counters.refused) is not None
        is_changed = bool(counters.new or counters.changed)
        return not (self.refusal or self.is_unwritten) and (self.changes_values or not is_changed)


_WITH_DAYS_OF_1900 = ("facilities", "organizations", "workers")
_LOSES_FORMATS = (
    "writes days without a number format, so that 1900-03-01 is the plain number 61, which is refused as a day."
)
_MAKES_FORMULAS = "takes the text `=甲楼` for a formula and stores no result; the portal refuses a formula without one."
FAULTS: tuple[Fault, ...] = (
    Fault(
        "writes every Chinese character as ? or _, since it knows no code page for them, so that no header is left.",
        formats=(".xls (Excel 95)",),
        refusal="丢失",
    ),
    Fault(
        "opening a .csv, it takes texts for numbers, days, truth values and formulas (`0012` → 12, `2018-06` → a day), as Excel "
        "does; the file that it saves does not say what they were.",
        program="LibreOffice",
        formats=(".csv, opened again, .xlsx",),
        changes_values=True,
    ),
    Fault(
        _LOSES_FORMATS,
        program="SheetJS",
        formats=(".xlsx", ".xls", ".xls (XML of 2003)", ".ods", ".fods"),
        registers=_WITH_DAYS_OF_1900,
    ),
    *(
        Fault(_MAKES_FORMULAS, program=program, formats=(".xlsx",))
        for program in ("pandas", "XlsxWriter", "pyexcel", "tablib")
    ),
    Fault(
        "takes codes of 12 digits for numbers when a column has blanks, and writes 1.404020e+11 into a web page.",
        program="pandas, header and rows",
        formats=(".html",),
        registers=("organizations", "workers"),
    ),
    Fault(
        "does not read a sheet whose rows have different lengths, such as the portal's list of problems.",
        program="tablib",
        kinds=("marked",),
        is_unwritten=True,
    ),
)
