"""一页通 as a table and lines, for files that have no room for its trends."""

from __future__ import annotations

from changzhi_portal.briefings import Cell, Column, Table
from reports.issue import PrintedIssue

TITLE = "一页通"


def summary_table(issue: PrintedIssue) -> Table:
    """Return every figure of the summary with its change, its outlook and what must happen next month."""
    return Table(
        caption=f"{TITLE}（截至{issue.as_of}）",
        columns=(
            Column("目标", "label", width=30),
            Column("标准", width=13),
            Column("说明", width=36),
            Column(issue.summary.this, "number", width=15),
            Column(f"较{issue.summary.last}", "number", width=17),
            Column("预计完成", width=21),
            Column("下月至少须", width=24),
        ),
        rows=tuple(
            tuple(
                Cell(text)
                for text in (each.name, each.standard, each.note, each.figure, each.change, each.outlook, each.to_do)
            )
            for each in issue.summary.figures
        ),
        is_dense=True,
    )


def summary_lines(issue: PrintedIssue) -> list[str]:
    """Return what to mind, who is ahead, behind and has not reported, and what must be done next month, in the words of the page."""
    summary = issue.summary
    lines = [
        *summary.caveats,
        f"{summary.units}居前：{summary.ahead}。" if summary.ahead else "",
        f"{summary.units}居后：{summary.behind}。" if summary.behind else "",
        f"数据未报：{summary.unreported}。" if summary.unreported else "",
        *(f"{summary.next_month}须做到：{line}" for line in summary.must_do),
    ]
    return [line for line in lines if line]
