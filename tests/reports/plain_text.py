"""The plain text of a whole issue, block by block, for comparing it with what is kept in tests/reports/goldens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from changzhi_portal.briefings import Block, Chart, Heading, Paragraph
from reports.issue import PrintedIssue


def text_of(issue: PrintedIssue) -> str:
    """Return the issue as lines: title, summary, sections and annexes; tables with a line a row, charts as their text."""
    return "\n".join(_lines(issue)) + "\n"


def _lines(issue: PrintedIssue) -> Iterator[str]:
    yield f"{issue.title}（{issue.office}，截至{issue.as_of}）"
    yield ""
    yield "一页通"
    summary = issue.summary
    yield from (f"注意：{caveat}" for caveat in summary.caveats)
    for figure in summary.figures:
        cells = (figure.name, figure.standard, figure.note, figure.figure, figure.change, figure.outlook, figure.to_do)
        yield " | ".join(cells)
    yield f"居前：{summary.ahead}"
    yield f"居后：{summary.behind}"
    yield f"未报：{summary.unreported}"
    yield from (f"{summary.next_month}须做到：{line}" for line in summary.must_do)
    for section in issue.sections:
        yield ""
        yield f"{section.number}、{section.title}"
        yield from _of_blocks(block for _, block in section.numbered_blocks)
    for annex in issue.annexes:
        yield ""
        yield f"{annex.label} {annex.title}"
        yield from _of_blocks(annex.blocks)


def _of_blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Heading):
            yield f"## {block.text}"
        elif isinstance(block, Paragraph):
            yield f"{'［批注］' if block.is_remark else ''}{block.text}"
        elif isinstance(block, Chart):
            yield f"［图］{block.text}"
        else:
            yield f"［表］{block.caption}"
            yield " | ".join(column.full_title for column in block.columns)
            for row in block.rows:
                yield " | ".join(f"{cell.text}{'*' if cell.is_short else ''}" for cell in row)
