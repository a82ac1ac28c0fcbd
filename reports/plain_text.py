"""The text of an issue without layout: what the list of issues is searched in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from changzhi_portal.briefings import Block, Chart, Heading, Paragraph, Table
from reports.issue import PrintedIssue


def plain_text(issue: PrintedIssue) -> str:
    """Return an issue's text, a line for each paragraph, heading and row of a table."""
    lines = [issue.title, issue.correction_reason, *issue.corrections, *issue.commentary]
    for section in issue.sections:
        lines += [section.title, *_lines(section.blocks)]
    for annex in issue.annexes:
        lines += [annex.title, *_lines(annex.blocks)]
    return "\n".join(line for line in lines if line)


def _lines(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Paragraph | Heading):
            yield block.text
        elif isinstance(block, Chart):
            yield block.caption
        elif isinstance(block, Table):
            yield block.caption
            yield from (" ".join(cell.text for cell in row) for row in block.rows)
