"""Tests of the pages of a printed issue: how full they are, where tables break, what stands on the first and the last."""

from __future__ import annotations

import io
import itertools
import re

import pdfplumber
import pytest

from reports.issue import issue_markup
from reports.pdf import print_markup
from tests.reports.briefings import issue
from tests.reports.situations import CITY_NAMES
from tests.reports.whole_issues import COUNTY, TOWNS, ZONE, third_missing, whole

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

MM = 72 / 25.4
TOP, BOTTOM = 37 * MM, (297 - 35) * MM
MOST_PAGES = 12  # of the city's edition with 联动工作, without annexes

ISSUES = {
    "city": {},
    "one county": {"names": CITY_NAMES[:1]},
    "two counties": {"names": CITY_NAMES[:2]},
    "one county missing": {"counted": third_missing},
    "a county's edition": {"names": TOWNS, "edition": COUNTY},
    "a zone with one town": {"names": TOWNS[:1], "edition": ZONE},
}


class Page:
    """What stands within the text block of a page, from top to bottom."""

    def __init__(self, page) -> None:
        block = page.within_bbox((0, TOP - 2, page.width, BOTTOM + 2))
        self.text = re.sub(r"\s", "", block.extract_text() or "")
        self.lines = block.extract_text_lines()
        marks = [*self.lines, *block.rects]
        self.lowest = max((mark["bottom"] for mark in marks), default=TOP)
        self.widest = max((mark["x1"] for mark in self.lines), default=0)

    @property
    def filled(self) -> float:
        """How far down the block the page is filled, from 0 to 1."""
        return (self.lowest - TOP) / (BOTTOM - TOP)


def pages_of(**values) -> list[Page]:
    typed = {"commentary": "本月进展平稳，请对照短板抓紧补齐。", "next_steps": "请各县（市、区）对照名单逐项整改。"}
    pdf = print_markup(issue_markup(issue(figures=whole(**values), **typed)))
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        return [Page(page) for page in document.pages]


@pytest.fixture(scope="module")
def printed() -> dict[str, list[Page]]:
    return {}


@pytest.fixture(params=ISSUES)
def pages(request, printed) -> list[Page]:
    if request.param not in printed:
        printed[request.param] = pages_of(**ISSUES[request.param])
    return printed[request.param]


def body_of(pages: list[Page]) -> list[Page]:
    """Return the pages before the first annex."""
    annexes = [place for place, page in enumerate(pages) if page.text.startswith("附件")]
    return pages[: annexes[0]] if annexes else pages


def test_the_first_page_is_the_summary_and_nothing_else(pages):
    first, second = pages[0], pages[1]
    for said in ("三社联动工作简报", "一页通", "近12个月", "在岗社会工作者"):
        assert said in first.text
    assert "一、总体进展" not in first.text
    assert "一、总体进展" in second.text
    assert "一页通" not in second.text


def test_no_page_of_the_body_is_left_empty(pages):
    body = body_of(pages)
    assert len(body) <= MOST_PAGES
    for number, page in enumerate(body[:-1], start=1):
        assert page.filled >= 0.6, (number, page.text[:40])
    last = body[-1]
    assert len(last.lines) >= 3 or last is body[0], last.text
    assert not re.fullmatch(r"附件：?.*", last.text), "附件说明 stands with what it belongs to"


def test_the_pages_of_an_annex_are_full_but_for_its_last(pages):
    annexes = pages[len(body_of(pages)) :]
    for page, following in itertools.pairwise(annexes):
        if not following.text.startswith("附件"):
            assert page.filled >= 0.6, "rows go on to the page of the end matter, so that it is not alone"
            begins = following.text[:80]
            is_headed = any(header in begins for header in ("达标率", "县（市、区）", "街道（乡镇）"))
            assert is_headed or "序号" in following.text, "the header is repeated, or a table of its own begins"


def test_the_end_matter_stands_at_the_foot_of_the_last_page_below_other_text(pages):
    last = pages[-1]
    assert all("共印" not in page.text for page in pages[:-1])
    assert re.search("共印30份$", last.text)
    assert last.filled >= 0.98
    assert not last.text.startswith("报：")


def test_no_cell_reaches_beyond_the_text_block(pages):
    assert all(page.widest <= (210 - 26) * MM + 1 for page in pages)


def test_thousands_stay_inside_their_column():
    """Check every cell of the overview table against the lines of its column."""
    values = whole()
    pdf = print_markup(issue_markup(issue(figures=values)))
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        (table,) = document.pages[1].find_tables()
        words = document.pages[1].within_bbox(table.bbox).extract_words()
    cells = [cell for row in table.rows for cell in row.cells if cell]
    numbers = [word for word in words if re.fullmatch(r"[\d,]+|[+−][\d.]+", word["text"])]
    assert any(word["text"] == "5,161" for word in numbers)
    for word in numbers:
        middle = ((word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2)
        left, _, right, _ = next(
            cell for cell in cells if cell[0] <= middle[0] <= cell[2] and cell[1] <= middle[1] <= cell[3]
        )
        assert left <= word["x0"] and word["x1"] <= right, word["text"]


@pytest.mark.parametrize("rows", (31, 33, 35, 37))
def test_the_end_matter_never_stands_on_a_page_of_its_own(rows):
    short = whole(names=TOWNS, edition=COUNTY).shortfalls
    values = whole(names=TOWNS[:1], edition=COUNTY, shortfalls={"targets": short.targets, "rows": short.rows[:rows]})
    values = type(values)(**{**vars(values), "sections": {}})
    pdf = print_markup(issue_markup(issue(figures=values)))
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        last = Page(document.pages[-1])
    assert "社区居委会" in last.text
    assert "共印30份" in last.text
