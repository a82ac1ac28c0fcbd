"""Tests of where things stand on the paper, measured with pdfplumber (GB/T 9704-2012, docs/domain.md §7.2)."""

from __future__ import annotations

import io
import itertools
from typing import Any

import pdfplumber
import pytest

from reports.pdf import print_markup
from tests.reports.pdf.measured import BOTTOM, LEFT, MM, RIGHT, TOP, lines_of
from tests.reports.pdf.pages import city_issue, paragraphs

pytestmark = pytest.mark.one_database

PITCH = 28.95
RED = (0xD7 / 255, 0, 0x0F / 255)


@pytest.fixture(scope="module")
def city() -> bytes:
    return print_markup(city_issue())


@pytest.fixture(scope="module")
def first(city) -> Any:
    with pdfplumber.open(io.BytesIO(city)) as document:
        yield document.pages[0]


@pytest.fixture(scope="module")
def second(city) -> Any:
    with pdfplumber.open(io.BytesIO(city)) as document:
        yield document.pages[1]


def found(page: Any, text: str) -> list[dict[str, Any]]:
    """Return the characters of a text of the page, wherever it stands first."""
    characters = page.chars
    place = "".join(character["text"] for character in characters).index(text)
    return characters[place : place + len(text)]


def test_full_pages_have_22_lines_on_one_grid():
    lines = lines_of(print_markup(paragraphs("国" * (28 * 22 * 2 - 2))))
    for page in (1, 2):
        baselines = [line.baseline for line in lines if line.page == page]
        assert len(baselines) == 22
        assert [below - above for above, below in itertools.pairwise(baselines)] == pytest.approx(
            [PITCH] * 21, abs=0.02
        )
    assert {len(line.text) for line in lines if line.left < LEFT + 2} == {28}
    assert len(lines[0].text) == 26
    assert lines[0].left == pytest.approx(LEFT + 31.5, abs=0.1)


def test_nothing_but_the_page_number_and_note_stands_outside_the_text_block(city):
    with pdfplumber.open(io.BytesIO(city)) as document:
        for page in document.pages:
            for character in page.chars:
                if character["text"].strip() and character["bottom"] < BOTTOM + 5:
                    assert character["x0"] >= LEFT - 0.2 and character["x1"] <= RIGHT + 1, character["text"]
                    assert character["top"] >= TOP, character["text"]


def test_the_title_has_22_points_and_two_blank_lines_above_it(first):
    title = found(first, "目标完成情况")
    assert {round(character["size"], 1) for character in title} == {22}
    assert {character["fontname"].split("+")[1] for character in title} == {"Noto-Serif-CJK-SC-Bold"}
    rule = max(rect["bottom"] for rect in first.rects if rect["non_stroking_color"] == pytest.approx(RED, abs=0.01))
    assert rule == pytest.approx(TOP + 6 * PITCH, abs=0.1)
    # The third line below the rule: 24 pt from its top to the baseline of Noto Serif (ascent 1.151, descent 0.286 of 22 pt).
    baseline = float(first.height) - title[0]["matrix"][5]
    assert baseline - rule == pytest.approx(2 * PITCH + 24, abs=0.3)


def test_levels_are_of_16_points_in_their_fonts(second):
    for text, font in (
        ("二、分项情况", "Noto-Sans-CJK-SC"),
        ("（一）城市社区设施面积", "LXGW-WenKai"),
        ("目标为“", "Fandol-FangSong"),
    ):
        characters = found(second, text)
        assert {round(character["size"], 1) for character in characters} == {16}, text
        assert {character["fontname"].split("+")[1] for character in characters} == {font}, text
        assert characters[0]["x0"] == pytest.approx(LEFT + 31.5, abs=1), text


def test_page_numbers_are_of_14_points_one_character_in_from_the_outer_margin(first, second):
    for page, number in ((first, 1), (second, 2)):
        dashes = [one for one in page.chars if one["text"] == "—" and one["top"] > BOTTOM]
        assert len(dashes) == 2
        assert {round(one["size"], 1) for one in dashes} == {14}
        if number == 1:
            assert max(one["x1"] for one in dashes) == pytest.approx(RIGHT - 14, abs=0.5)
        else:
            assert min(one["x0"] for one in dashes) == pytest.approx(LEFT + 14, abs=0.5)


def test_a_city_issue_takes_less_than_600_kilobytes(city):
    assert len(city) < 600_000


def test_lines_on_a_page_do_not_overlap(city):
    for above, below in itertools.pairwise(lines_of(city)):
        if above.page == below.page:
            assert below.baseline - above.baseline > 20 or below.baseline - above.baseline == pytest.approx(0, abs=1)
            assert below.baseline < BOTTOM + MM
