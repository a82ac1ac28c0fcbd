"""Differences that the other program makes, each with the reason why the portal cannot undo it, and formats not read.

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
    # What the refusal has to say, if the fault is that the format is not read.
    refusal: str = ""

    def explains(self, program: str, kind_of_file: str, kind: str, register: str, refused: str) -> bool:
        """Return whether the fault is about this cell of the matrix. `refused` is the sentence of a file not read, or ""."""
        return (
            (self.refusal in refused if self.refusal else not refused)
            and program.startswith(self.program)
            and kind_of_file in (self.formats or (kind_of_file,))
            and kind in (self.kinds or (kind,))
            and register in (self.registers or (register,))
        )


FAULTS: tuple[Fault, ...] = ()
