"""The matrix of all files that came back, as text for the terminal and as docs/interop.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.interop.faults import FAULTS, Fault
from tests.interop.sources import KINDS, REGISTERS, Counters, Source

_INTRODUCTION = """# Interoperability
Written by `make interop`; do not edit. The portal's workbooks are read and written anew by other programs, and uploaded again
with nothing else changed (`manage.py upload --json`). The records hold values that programs like to alter: `0012`, `=甲楼`,
`2018-06`, 20 digits, days of 1900 (`tests/interop/records.py`). All programs run with the time zone of Beijing.

A cell says new/changed/unchanged/errors. **ok** means that the file says the same as the portal's own workbook, uploaded as it
is (first line). A number in brackets leads to a fault of the program, explained below; **!** is a difference without an explanation.
"""
_TITLES = {
    "template": "Filled templates",
    "export": "Exports",
    "marked": "Uploads with their problems marked (one wrong cell in each)",
}


@dataclass(frozen=True)
class Answer:
    """What one program's file of one source says; None for a file that the program did not write."""

    program: str
    format: str
    source: Source
    counters: Counters | None

    @property
    def is_same(self) -> bool:
        """Return whether the file says the same as its source."""
        return self.counters is not None and self.counters.is_like(self.source.counters)

    @property
    def fault(self) -> Fault | None:
        """Return the explanation of a difference; None if there is none."""
        where = (self.program, self.format, self.source.kind, self.source.register, self.counters)
        return next((fault for fault in FAULTS if fault.explains(*where)), None)

    @property
    def is_unexplained(self) -> bool:
        """Return whether the file differs and no fault says why."""
        return not self.is_same and self.fault is None

    def cell(self) -> str:
        """Return the text of the cell."""
        if self.is_same:
            return "ok"
        said = "not written" if self.counters is None else str(self.counters)
        return f"{said} ({FAULTS.index(self.fault) + 1})" if self.fault else f"**!** {said}"


def text_of(answer: Answer) -> str:
    """Return one line for the terminal, with up to three problems of a file that differs."""
    source = answer.source
    line = f"{answer.program} {answer.format}: {source.register} {source.kind}  {answer.cell()}"
    if answer.is_same or answer.counters is None:
        return line
    known = set(source.counters.problems)
    problems = [each for each in answer.counters.problems if each not in known] or [answer.counters.refused]
    return "\n    ".join([f"{line}  (own: {source.counters})", *[each for each in problems[:3] if each]])


def document(
    versions: Mapping[str, str], sources: Sequence[Source], answers: Sequence[Answer], missing: Sequence[str]
) -> str:
    """Return docs/interop.md. `missing` are programs that could not be run."""
    parts = [_INTRODUCTION, "## 1. Programs\n| program | version |\n|---|---|"]
    parts += [f"| {name} | {version} |" for name, version in versions.items()]
    parts += [f"| {name} | not installed |" for name in missing]
    for number, kind in enumerate(KINDS, start=2):
        parts += [f"\n## {number}. {_TITLES[kind]}", *_table(kind, sources, answers)]
    parts.append(f"\n## {len(KINDS) + 2}. Faults of the programs")
    seen = [fault for fault in FAULTS if any(not each.is_same and each.fault is fault for each in answers)]
    parts += [f"{FAULTS.index(fault) + 1}. {fault}" for fault in seen] or ["None."]
    return "\n".join(parts) + "\n"


def _table(kind: str, sources: Sequence[Source], answers: Sequence[Answer]) -> list[str]:
    own = {source.register: source.counters for source in sources if source.kind == kind}
    lines = [
        f"| program | {' | '.join(REGISTERS)} |",
        f"|---|{'---|' * len(REGISTERS)}",
        f"| the portal itself | {' | '.join(str(own[register]) for register in REGISTERS)} |",
    ]
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for answer in answers:
        if answer.source.kind == kind:
            rows.setdefault((answer.program, answer.format), {})[answer.source.register] = answer.cell()
    for (program, kind_of_file), cells in rows.items():
        lines.append(f"| {program} {kind_of_file} | {' | '.join(cells.get(each, '') for each in REGISTERS)} |")
    return lines


def write_document(text: str) -> Path:
    """Write docs/interop.md and return its path."""
    path = Path(__file__).parents[2] / "docs" / "interop.md"
    path.write_text(text, encoding="utf-8")
    return path
