"""Tests that lines are flush on both sides, break where they may, and come back as text."""

from __future__ import annotations

import itertools
import re

import pytest

from reports.pdf import print_markup
from tests.reports.pdf.measured import LEFT, MM, RIGHT, bare, extracted, lines_of
from tests.reports.pdf.pages import COMMENTARY, RARE, city_issue, page_of, paragraphs

pytestmark = pytest.mark.one_database

FLUSH = 0.3 * MM
NEVER_FIRST = "，。、；：？！）》”〕％"
NEVER_LAST = "（《“〔"
# Text of every kind: quotes, brackets, dates, amounts, rare characters of other fonts, and Latin letters.
MIXED = (
    f"截至2018年6月30日，对照《长治市关于加强城乡社区治理的实施意见》（长民发〔2017〕138号），全市{RARE}社区达标96个，达标率62.7%，"
    "较上月提高1.3个百分点；未达标57个，共缺12,817.84平方米。“三社联动”平台（Version 2 of ABC）已覆盖3,445个社区、2—5名社工。"
)


def full_lines(pdf):
    """Return the lines that another line of the same paragraph follows: those whose successor on the page is not indented."""
    return [
        line
        for line, next_line in itertools.pairwise(lines_of(pdf))
        if abs(next_line.left - LEFT) < 2 and next_line.page == line.page and line.text[0] != "附"
    ]


@pytest.fixture(scope="module")
def city() -> bytes:
    return print_markup(city_issue())


@pytest.fixture(scope="module")
def shifted() -> bytes:
    """Print the mixed text with every number of characters before it, so that each of its places meets the line's end."""
    return print_markup(paragraphs(*("国" * before + MIXED for before in range(28))))


def test_every_full_line_of_a_whole_issue_ends_at_the_right_margin(city):
    lines = full_lines(city)
    assert len(lines) > 15
    for line in lines:
        assert line.right == pytest.approx(RIGHT, abs=FLUSH), line.text


def test_every_full_line_of_mixed_text_ends_at_the_right_margin(shifted):
    lines = full_lines(shifted)
    assert len(lines) > 120
    off = [abs(line.right - RIGHT) / MM for line in lines]
    assert max(off) < 0.3
    assert sum(off) / len(off) < 0.02


def test_the_room_is_spread_evenly_over_the_line(shifted):
    """Check that no gap between two ideographs of a line differs from another by more than a twentieth of a millimetre."""
    for line in full_lines(shifted):
        gaps = [
            right.left - left.right
            for left, right in itertools.pairwise(line.characters)
            if all("一" <= character.text <= "龥" for character in (left, right))
        ]
        if gaps:
            assert max(gaps) - min(gaps) < 0.05 * MM, line.text


def test_no_line_begins_or_ends_with_the_wrong_punctuation(shifted, city):
    for line in (*lines_of(shifted), *lines_of(city)):
        assert line.text[0] not in NEVER_FIRST, line.text
        assert line.text.strip()[-1] not in NEVER_LAST, line.text


def test_amounts_and_dates_stay_in_one_line(shifted):
    # In very open lines MuPDF sees spaces between digits.
    text = "\n".join(bare(line.text) for line in lines_of(shifted))
    for part in ("2018年6月30日", "138号", "1.3个百分点", "12,817.84平方米", "3,445个", "62.7%", "2—5名", "57个"):
        assert text.count(part) == 28, part


def test_a_line_that_is_not_full_keeps_its_natural_width():
    (line,) = lines_of(print_markup(paragraphs("国" * 10)))
    assert line.right - line.left == pytest.approx(10 * 15.75 + 0.25, abs=0.1)


def test_a_line_before_a_long_word_is_not_torn_apart():
    first, *_ = lines_of(print_markup(paragraphs("国" * 5 + "<" + "x" * 52)))
    assert first.right < RIGHT - 20 or len(first.text) > 8


@pytest.mark.parametrize("body", ["p", "div"])
def test_spans_of_another_size_or_font_in_a_line_are_moved_with_it(body):
    text = f"<{body} style='text-align: justify'>{'国' * 9}<b style='font: bold 12pt \"Noto Sans CJK SC\"'>黑体字样</b>{'国' * 60}</{body}>"
    first, second, *_ = lines_of(print_markup(page_of(text)))
    assert second.right == pytest.approx(RIGHT, abs=FLUSH)
    places = [(character.left, character.right) for character in first.characters]
    assert all(left[1] <= right[0] + 0.3 for left, right in itertools.pairwise(places))


def test_every_reader_gets_the_text_of_a_justified_paragraph_without_a_gap(tmp_path):
    pdf = print_markup(paragraphs(*("国" * before + COMMENTARY for before in range(28))))
    for reader, text in extracted(pdf, tmp_path).items():
        # Lines end with a line break; a space anywhere else would be one that the reader took from a stretched line.
        assert re.findall(r"[一-龥] +[一-龥]", text) == [], reader
        assert bare(text).count("同步规划、同步建设、同步验收") >= 20, reader


def test_every_reader_gets_the_whole_mixed_text_back(shifted, tmp_path):
    wanted = bare("".join("国" * before + MIXED for before in range(28)))
    for reader, text in extracted(shifted, tmp_path).items():
        found = re.sub("—[0-9]+—", "", bare(text))
        assert found == wanted, reader
