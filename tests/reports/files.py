"""One invented issue with all its files, for tests: figures, lists that add up to them, and names that try to be something else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reports.issue import PrintedIssue, issue_text
from reports.stored_figures import Farthest, to_json
from reports.unit_lists import IssueLists
from tests.reports.briefings import farthest, issue, short_community
from tests.reports.listed import counted_figures, made_lists

CODE = "7K3M-0QZT-9XW2-VB4C"
# What spreadsheets would run, and what markup would swallow.
NAMES = ("=1+1", "+86社区", "@甲", "-乙", "<b>丙</b>&丁", "'戊", "虒亭社区", "社区\u00a0己")
JUDGED = [(("140402", "140423")[number % 2], "mmouun?"[number % 7], 80.25 + number) for number in range(40)]


def printed_issue(**changes: Any) -> PrintedIssue:
    """Return the printed issue, with the texts that people write."""
    counted = counted_figures(JUDGED)
    short = tuple(short_community(name, 300 + number) for number, name in enumerate(NAMES))
    target = replace(
        counted.targets[0],
        percent=57.1,
        change_on_last_month=-1.3,
        farthest=Farthest(missing=500, number=0, rows=(farthest(NAMES[4], 0, 500),)),
    )
    figures = replace(
        counted,
        targets=(target,),
        shortfalls=replace(counted.shortfalls, targets=("urban_facility_area",), rows=short),
    )
    values = {"figures": figures, "commentary": "第一段。\n第二段。", "next_steps": "抓紧补齐<设施>。", **changes}
    return issue_text(issue(**values))


def printed_lists() -> IssueLists:
    """Return the lists behind the issue's numbers."""
    lists = made_lists(JUDGED)
    names = tuple(NAMES[number % len(NAMES)] for number in range(len(JUDGED)))
    return replace(lists, communities=replace(lists.communities, name=names))


def stored(issue_: PrintedIssue) -> dict[str, Any]:
    """Return the figures of an issue as they are stored."""
    return to_json(issue_.figures)
