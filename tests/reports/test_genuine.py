"""Tests of the code that proves an issue genuine: what it is bound to, and how people type it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.refusals import InvalidError
from reports.files import figures_sha256
from reports.genuine import code_of, code_svg, read_code, verification_url
from reports.issue import issue_markup
from reports.models import Briefing
from reports.pdf import print_markup
from tests.reports.briefings import issue
from tests.reports.test_pdf import MM, words_of

CODE = code_of("0" * 64, "1024:0123456789abcdef", "BR8K2M4N6P8Q0", 1)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)


def test_a_code_stays_the_same_for_good():
    """It is printed: another way to compute it would refuse every issue on paper."""
    assert CODE == "EWKG-6EPX-42K5-11FP"


def test_a_code_is_sixteen_characters_in_groups_of_four_without_those_that_are_misread():
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", CODE)


@given(digests, st.sampled_from(["", "1:aa", "2:bb"]), st.sampled_from("AB"), st.integers(1, 3))
def test_whatever_an_issue_is_bound_to_changes_the_code(digest, head, ref, edition):
    own = code_of(digest, head, ref, edition)
    others = {
        code_of("f" * 64 if digest != "f" * 64 else "0" * 64, head, ref, edition),
        code_of(digest, f"{head}x", ref, edition),
        code_of(digest, head, f"{ref}x", edition),
        code_of(digest, head, ref, edition + 1),
    }
    assert own not in others
    assert len(others) == 4


def misread(letter: str) -> st.SearchStrategy[str]:
    """Return what people read or type for a character of a code."""
    like = {"0": "0Oo０Ｏ", "1": "1IiLlｌＩ"}.get(letter, f"{letter}{letter.lower()}{chr(ord(letter) + 0xFEE0)}")
    return st.sampled_from(like)


@given(digests, st.data())
def test_a_code_is_read_however_it_is_typed(digest, data):
    code = code_of(digest, "", "ref", 1)
    typed = ""
    for letter in code.replace("-", ""):
        typed += data.draw(misread(letter)) + data.draw(st.sampled_from(["", " ", "-", "—", "　", "\n", " - "]))
    assert read_code(typed) == code


@given(st.text(max_size=24))
def test_what_is_no_code_is_refused_in_one_sentence(text):
    try:
        read = read_code(text)
    except InvalidError as error:
        assert str(error).startswith("核验码应为16位")
        assert str(error).count("。") == 1
    else:
        assert read_code(read) == read


@pytest.mark.parametrize("text", ["", "7K3M", f"{CODE}0", CODE.replace("K", "U"), "核验码"])
def test_too_short_too_long_or_foreign_is_refused(text):
    with pytest.raises(InvalidError):
        read_code(text)


def test_without_an_address_of_the_portal_there_is_no_link_and_no_picture(settings):
    settings.PORTAL_URL = ""
    assert verification_url(CODE) == ""
    assert code_svg(verification_url(CODE)) == ""


def test_the_picture_is_an_inline_svg_of_the_address_without_styles_or_scripts():
    drawn = code_svg("https://portal.example.gov.cn/briefings/verify/7K3M-0QZT-9XW2-VB4C/")
    assert drawn.startswith("<svg")
    assert "<title>核验二维码</title>" in drawn
    assert "style=" not in drawn
    assert "<script" not in drawn
    assert drawn == code_svg("https://portal.example.gov.cn/briefings/verify/7K3M-0QZT-9XW2-VB4C/")


@pytest.mark.one_database
def test_on_paper_address_and_picture_stand_between_the_text_and_the_end_matter(settings, tmp_path):
    settings.PORTAL_URL = "https://portal.example.gov.cn"
    markup = issue_markup(issue(code=CODE, stage=Briefing.Stage.ISSUED))
    assert markup.count("<title>核验二维码</title>") == 1
    pages = words_of(print_markup(markup), tmp_path)
    last = pages[max(pages)]
    address = next(word for word in last if word[4] == verification_url(CODE))
    addressees = next(word for word in last if word[4].startswith("报："))
    assert address[3] < addressees[1]
    assert address[2] < (210 - 26) * MM - 57, "the picture has its room beside the address"


@pytest.mark.one_database
def test_a_draft_and_a_portal_without_an_address_print_no_picture(settings):
    settings.PORTAL_URL = "https://portal.example.gov.cn"
    assert "核验二维码" not in issue_markup(issue())
    settings.PORTAL_URL = ""
    assert "核验二维码" not in issue_markup(issue(code=CODE, stage=Briefing.Stage.ISSUED))


numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9).map(lambda number: round(number, 2))
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), values, max_size=5))
def test_the_digest_does_not_depend_on_the_order_of_keys_or_how_a_database_writes_whole_numbers(figures):
    def otherwise(value):
        if isinstance(value, dict):
            return {key: otherwise(value[key]) for key in reversed(value)}
        if isinstance(value, list):
            return [otherwise(each) for each in value]
        return float(value) if type(value) is int else value

    assert figures_sha256(figures, {}) == figures_sha256(otherwise(figures), {})


@given(numbers, numbers)
def test_another_figure_or_another_list_is_another_digest(one, other):
    same = one == other
    assert (figures_sha256({"met": one}, {}) == figures_sha256({"met": other}, {})) is same
    assert (figures_sha256({}, {"values": [one]}) == figures_sha256({}, {"values": [other]})) is same
    assert figures_sha256({"met": one}, {}) != figures_sha256({}, {"met": one})
