"""Differences that the other program makes, each with the reason why the portal cannot undo it.

A fault names the program (a prefix of its name), the formats and the kinds of workbook that it touches, and the registers.
A difference without a fault makes the run fail; a fault that no longer happens is named at the end of it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A change that a program makes on the way. Empty tuples mean all."""

    program: str
    reason: str
    formats: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()

    def explains(self, program: str, kind_of_file: str, kind: str, register: str) -> bool:
        """Return whether the fault is about this cell of the matrix."""
        return (
            program.startswith(self.program)
            and kind_of_file in (self.formats or (kind_of_file,))
            and kind in (self.kinds or (kind,))
            and register in (self.registers or (register,))
        )


FAULTS: tuple[Fault, ...] = ()
