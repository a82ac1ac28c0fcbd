"""Finding out which register a table belongs to, where the user has chosen none (docs/spreadsheets.md §2.7).

All registers are treated alike: whichever of them is being read, a table belongs to the same one. So several batches
may read one file, each its own tables, and no table is read twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from changzhi_portal.registers.register import RegisterSheet
from uploads.reading.header_search import HeaderSearch
from uploads.reading.headers import Header, Matcher, normal_header

FEWEST_FIELDS: Final = 2  # a row with a single known word may match by chance
# Columns that only one register has, by which a table that tells no records apart is recognised nevertheless: people
# whose number has an unusual header. A summary of places and figures has fewer.
_ENOUGH_OWN: Final = 3


@dataclass(frozen=True, slots=True)
class Unclear:
    """In place of a register: a table that cannot be assigned, as no register fits it, or several fit about equally.

    `between` are the titles of the registers that fit about equally. Name and title are blank, and no column identifies
    a record, so that it is handled like a register that is not read.
    """

    between: tuple[str, ...] = ()
    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    identifying: ClassVar[tuple[tuple[str, ...], ...]] = ()


class _Fit(NamedTuple):
    register: RegisterSheet
    header: Header
    columns: frozenset[int]

    def is_better_than(self, other: _Fit) -> bool:
        """Return whether it has clearly more of the columns that only one of the two has."""
        return len(self.columns - other.columns) > 2 * len(other.columns - self.columns)

    def has_more_than(self, other: _Fit) -> bool:
        """Return whether it has more columns that the other lacks than the other way round."""
        return len(self.columns - other.columns) > len(other.columns - self.columns)

    def has_enough_over(self, other: _Fit) -> bool:
        """Return whether it is better by enough columns to be trusted without those that tell records apart."""
        return self.is_better_than(other) and len(self.columns - other.columns) >= _ENOUGH_OWN


class Recogniser:
    """Finder of the register that a table belongs to.

    `remembered` gives by register the office's own mapping, normalised header → field.
    """

    def __init__(self, registers: Iterable[RegisterSheet], remembered: Mapping[str, Mapping[str, str]]) -> None:
        self.registers = list(registers)
        # All headers that the office has mapped: a table is found by them, whichever register is being read.
        self.remembered = {header: field for mapping in remembered.values() for header, field in mapping.items()}
        self._matchers = [(each, Matcher(each.columns, remembered.get(each.name))) for each in self.registers]

    def owner(self, search: HeaderSearch, sheet: str | None) -> tuple[Header | None, RegisterSheet | Unclear]:
        """Return the register that a table belongs to, with the header that it is read by.

        A register has to fit clearly better than each other one that fits at all: by the columns that only one of the
        two has, of which it needs more than twice as many. Without the columns that tell its records apart, it needs
        several columns of its own. Where nothing decides, a sheet that bears a register's title is that register's.
        """
        fits = self._fits(search)
        if not fits:
            return None, Unclear()
        most = max(fits, key=lambda fit: len(fit.columns))
        sure = [fit for fit in fits if identifies(fit.register, fit.header)]
        if most not in sure and all(_outdoes(most, other, sure) for other in fits if other is not most):
            return most.header, most.register
        best = max(sure or fits, key=lambda fit: len(fit.columns))
        equal = [fit for fit in fits if fit is not best and _leaves_doubt(best, fit, is_sure=fit in sure)]
        if sure and not equal:
            return best.header, best.register
        called = normal_header(sheet or "")
        for fit in (*sure, *fits):
            if normal_header(fit.register.title) == called:
                return fit.header, fit.register
        return best.header, Unclear(tuple(fit.register.title for fit in (best, *equal)) if sure else ())

    def _fits(self, search: HeaderSearch) -> list[_Fit]:
        fits = []
        for register, matcher in self._matchers:
            header = search.best(matcher)
            if header is not None and len(header.mentioned) >= FEWEST_FIELDS:
                fits.append(_Fit(register, header, frozenset(mentioned_columns(header))))
        return fits


def _outdoes(most: _Fit, other: _Fit, sure: Sequence[_Fit]) -> bool:
    """Return whether a register that could tell no records apart may be meant rather than another one.

    It has enough columns of its own over each that could. Over one that could not either it needs just more of them,
    where there is one that could to be measured by.
    """
    return most.has_more_than(other) if sure and other not in sure else most.has_enough_over(other)


def _leaves_doubt(best: _Fit, other: _Fit, *, is_sure: bool) -> bool:
    """Return whether another register may be meant as well; one that could tell no records apart must be the better one."""
    return not best.is_better_than(other) if is_sure else other.is_better_than(best)


def mentioned_columns(header: Header) -> set[int]:
    """Return the columns of a header that match a field, read or not."""
    doubtful = (column.index for columns in header.doubts.values() for column in columns)
    return {*header.fields, *header.earlier, *doubtful}


def identifies(register: RegisterSheet | Unclear, header: Header) -> bool:
    """Return whether the header has columns that identify a record; a summary or a list of choices has none."""
    return any(header.mentioned.issuperset(group) for group in register.identifying)


def in_upload_order(found: Iterable[RegisterSheet], registers: Sequence[RegisterSheet]) -> list[RegisterSheet]:
    """Return the registers that were found, each once, in the order in which offices upload them."""
    names = {register.name for register in found}
    return [register for register in registers if register.name in names]
