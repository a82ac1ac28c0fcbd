"""Tests of the finder of ID and mobile numbers in free text."""

from __future__ import annotations

import datetime
import resource
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from changzhi_portal.personal_numbers import (
    _SPAN,
    Kind,
    kinds_in,
    mask_personal_numbers,
    mask_slipped_numbers,
    personal_numbers,
    refuse_personal_numbers,
)
from changzhi_portal.refusals import InvalidError
from tests.factories import credit_code, id_number

ID, MOBILE = "140428198501011185", "13812345678"
WITH_X = next(number for number in map(id_number, range(100)) if number.endswith("X"))
FULL_WIDTH = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")
BETWEEN = ["", " ", "  ", "\u3000", "\xa0", "-", "－", "—", "–", "_", "\u200b", " - ", "·"]
# Text without digits, with which a number may be mixed. Letters of ASCII stand only apart from the number.
WORDS = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=30)
days = st.dates(datetime.date(1900, 1, 1), datetime.date(2020, 12, 31))
provinces = st.sampled_from(["11", "14", "32", "44", "51", "65"])


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    first = f"{draw(provinces)}{draw(st.integers(0, 9999)):04d}{draw(days):%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first + mod_11_2.calc_check_digit(first)


@st.composite
def old_id_numbers(draw: st.DrawFn) -> str:
    city = draw(st.sampled_from(["00", "01", "04", "22", "70", "90"]))
    born = draw(st.dates(datetime.date(1900, 1, 1), datetime.date(1999, 12, 31)))
    return f"{draw(provinces)}{city}{draw(st.integers(1, 99)):02d}{born:%y%m%d}{draw(st.integers(1, 999)):03d}"


mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True).filter(lambda number: not number.startswith("1404"))


@st.composite
def written(draw: st.DrawFn, number: str) -> str:
    """Draw a number as people write it: in groups of any length, with any separator, in full-width digits, lower case."""
    if draw(st.booleans()):
        cuts = draw(st.sets(st.integers(1, len(number) - 1), max_size=5))
        separator = draw(st.sampled_from(BETWEEN))
        # Two figures with a dash between them are a range of figures, unless they are grouped as telephone numbers are.
        assume(len(number) == 18 or len(cuts) != 1 or cuts <= {3, 7} or separator in ("", " ", "\u3000", "\xa0"))
        number = "".join(separator * (place in cuts) + sign for place, sign in enumerate(number))
    if draw(st.booleans()):
        number = number.translate(FULL_WIDTH)
    return number.lower() if draw(st.booleans()) else number


def text_around(data: st.DataObject, number: str) -> str:
    before, after = data.draw(WORDS, "before"), data.draw(WORDS, "after")
    assume(not any(sign.isascii() and sign.isalnum() for sign in before[-1:] + after[:1]))
    return f"{before}{number}{after}"


@given(st.data(), id_numbers())
def test_an_id_number_is_found_however_and_wherever_it_is_written(data: st.DataObject, number: str) -> None:
    text = text_around(data, data.draw(written(number), "written"))
    assert kinds_in(text) == (Kind.ID_NUMBER,)
    assert kinds_in(mask_personal_numbers(text)) == ()


@given(st.data(), mobiles)
def test_a_mobile_number_is_found_however_and_wherever_it_is_written(data: st.DataObject, number: str) -> None:
    text = text_around(data, data.draw(written(number), "written"))
    assert kinds_in(text) == (Kind.MOBILE,)
    assert kinds_in(mask_personal_numbers(text)) == ()


@given(st.data(), old_id_numbers())
def test_an_id_number_of_15_digits_is_found_in_one_piece_or_in_its_parts(data: st.DataObject, number: str) -> None:
    cuts = data.draw(st.sets(st.sampled_from([6, 12])), "cuts")
    separator = data.draw(st.sampled_from(BETWEEN), "separator")
    digits = number.translate(FULL_WIDTH) if data.draw(st.booleans(), "wide") else number
    text = text_around(data, "".join(separator * (place in cuts) + digit for place, digit in enumerate(digits)))
    assert kinds_in(text) == (Kind.ID_NUMBER,)
    assert kinds_in(mask_personal_numbers(text)) == ()


def test_eight_in_a_thousand_numbers_of_15_digits_look_like_an_id_number() -> None:
    """There is no check digit: 31 provinces × 72 cities × 99 counties × 36,524 days × 999 of 10**15."""
    share = 31 * 72 * 99 * 36_524 * 999 / 10**15
    number = 40_000
    drawn = Random(20180630)
    found = sum(bool(personal_numbers(f"{drawn.randrange(10**15):015d}")) for _ in range(number))
    assert share == pytest.approx(0.0081, abs=0.0001)
    assert found / number == pytest.approx(share, abs=4 * (share / number) ** 0.5)


@given(
    old_id_numbers(),
    st.sampled_from(
        "账号 开户行账号： 帐户 卡号 案号： 注册号 登记证号为 许可证号 编号（ 流水号 合同编号: 统一代码".split()
    ),
)
def test_fifteen_digits_that_have_another_name_are_no_id_number(number: str, name: str) -> None:
    assert personal_numbers(f"演示{name}{number}，有效") == []
    assert kinds_in(f"演示{name}已注销，身份证号码：{number}") == (Kind.ID_NUMBER,)


@given(old_id_numbers(), st.sampled_from(["A", "ZH", "a"]), st.sampled_from(["-", "—", "_"]), st.integers(1, 9999))
def test_fifteen_digits_in_a_longer_code_are_no_id_number(number: str, letters: str, dash: str, more: int) -> None:
    assume(len(str(more)) != 3)  # eighteen digits, which may be an ID number of today by chance
    for code in (letters + number, number + letters, f"{number}{dash}{more}", f"{more}{dash}{number}"):
        assert personal_numbers(f"见{code}。") == [], code


@pytest.mark.parametrize(
    "number",
    [
        "140402701301001",  # no 13th month
        "140402700230001",  # no 30 February
        "140402000229001",  # 1900 had no 29 February
        "140402700101000",  # no serial number 000
        "140400700101001",  # no county 00
        "148502700101001",  # no city 85
        "100402700101001",  # no province 10
        "710402700101001",  # 台湾: no cards of the first generation
        "140402201806001",  # a project of 2018-06
        "140402 2 00012345",
        "1404 0270 0101 001",  # as an account is grouped
    ],
)
def test_other_numbers_of_15_digits_are_no_id_number(number: str) -> None:
    assert personal_numbers(f"原{number}，已换") == []


def test_a_number_that_an_office_gives_out_may_look_like_an_id_number_of_15_digits() -> None:
    assert kinds_in("140402180630001") == (Kind.ID_NUMBER,)
    assert kinds_in("140402180630001", id_numbers_only=True) == ()
    assert mask_personal_numbers("140402180630001", id_numbers_only=True) == "140402180630001"


@given(st.integers(1, 40).filter(lambda length: length not in {11, 12, 13, 15, 18}), st.data())
def test_a_run_of_digits_of_another_length_is_no_personal_number(length: int, data: st.DataObject) -> None:
    run = data.draw(st.text("0123456789", min_size=length, max_size=length))
    assert personal_numbers(text_around(data, run), doubtful=True) == []


@given(id_numbers(), st.text("0123456789", min_size=1, max_size=6), st.booleans())
def test_a_number_inside_a_longer_run_is_none(number: str, more: str, behind: bool) -> None:
    assume(number.isdecimal())
    run = number + more if behind else more + number
    assert personal_numbers(f"案号{run}号") == []


@given(mobiles, st.sampled_from(["1", "2", "9"]), st.booleans())
def test_a_twelve_digit_code_is_no_mobile_number(number: str, more: str, behind: bool) -> None:
    assert personal_numbers(f"代码{number + more if behind else more + number}") == []


@given(id_numbers(), st.integers(0, 17), st.integers(1, 9))
def test_eighteen_digits_with_a_wrong_check_character_or_birth_date_are_no_id_number(
    number: str, place: int, more: int
) -> None:
    assume(number.isdecimal())
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert personal_numbers(wrong) == []
    assert personal_numbers(f"140402{20201332:08d}0017") == []
    assert mask_slipped_numbers(wrong) != wrong, "what is only shown is masked all the same"


@given(st.integers(0, 9_999_999), st.sampled_from(["51", "52", "53", "91", "93"]))
def test_a_credit_code_is_no_personal_number(number: int, kind: str) -> None:
    digits = f"{kind}140402{number:09d}"
    for code in (credit_code(number, kind=kind), digits + uscc.calc_check_digit(digits)):
        assert personal_numbers(code) == []
        assert personal_numbers(f"代码{code}，有效") == []


@given(st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2099, 12, 31)))
def test_dates_and_times_are_no_personal_numbers(moment: datetime.datetime) -> None:
    text = f"{moment:%Y-%m-%d %H:%M:%S}、{moment:%Y年%m月%d日}，{moment:%Y.%m.%d}至{moment:%Y/%m/%d %H:%M}；{moment:%Y%m%d}"
    assert personal_numbers(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (f"原登记身份证{ID}", ID),
        ("身份证：140428 19850101 1185，请核", "140428 19850101 1185"),
        (f"身份证{WITH_X}号", WITH_X),
        ("身份证号140402700101001（一代证）", "140402700101001"),
        ("张三140402 700101 001/13812", "140402 700101 001"),
        (f"身份证{WITH_X.lower()[:-1]} x号", f"{WITH_X[:-1]} x"),
        ("电话138-1234-5678转3", "138-1234-5678"),
        ("2018-06-30 138 1234 5678", "138 1234 5678"),
        ("3号楼 138.1234.5678", "138.1234.5678"),
        ("（138）12345678", "138）12345678"),
        ("+86 138 1234 5678", "86 138 1234 5678"),
        ("8613812345678", "8613812345678"),
        ("013812345678", "013812345678"),
        ("Tel13812345678，张", "13812345678"),
        ("13812345678@163.com", "13812345678"),
        ("1 3 8 1 2 3 4 5 6 7 8", "1 3 8 1 2 3 4 5 6 7 8"),
        ("演示\u202d13812345678\u202c", "13812345678"),
    ],
)
def test_the_whole_number_is_found(text: str, number: str) -> None:
    (found,) = personal_numbers(text)
    assert text[found.start : found.end] == number


def test_several_numbers_are_found_each() -> None:
    text = f"张三{ID}、李四{MOBILE}，{WITH_X}{MOBILE}"
    assert [number.kind for number in personal_numbers(text)] == ["身份证号", "手机号", "身份证号", "手机号"]
    assert mask_personal_numbers(f"张三{ID}、李四138 1234 5678") == "张三140*************85、李四138 **** **78"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "没有数字",
        "140402001001",
        "14040200101",
        "138123456.78元",
        "预算15000-200000元",
        "0355-2123456转801",
        "6222 0213 1381 2345 678",
        "0355-2024567",
        "（0355）2024567、0355 2024567",
        "（2018）晋0402民初140402197001010017123号",
        "138****1234、140402********0017",
        "0c9b2f6e-5a1d-4b7e-9f00-c13812345678",
        "GM2018-001、GM2018-002",
        "13140402345K00001X",
        "户数1,380、人口12,345、面积678",
        "2020-06-01起，2021-06-01止",
    ],
)
def test_what_is_no_personal_number_stays(text: str) -> None:
    assert personal_numbers(text) == []
    assert mask_personal_numbers(text) == text


def test_a_projects_number_may_look_like_a_mobile_number() -> None:
    assert kinds_in("18150402001") == (Kind.MOBILE,)
    assert kinds_in("18150402001", id_numbers_only=True) == ()
    assert kinds_in(ID, id_numbers_only=True) == (Kind.ID_NUMBER,)


def test_the_refusal_says_which_text_has_what_number_without_saying_the_number() -> None:
    with pytest.raises(InvalidError) as refused:
        refuse_personal_numbers(f"张三{ID}，电话{MOBILE}", what="退回意见", field="note")
    assert "退回意见里有身份证号和手机号" in str(refused.value) and refused.value.field == "note"
    assert ID not in str(refused.value) and MOBILE not in str(refused.value)
    refuse_personal_numbers("张三的电话不对", what="退回意见")


def test_looking_for_numbers_takes_no_more_memory_than_the_text():
    """The engine noted each digit of a long text to come back to: 567 MB for five megabytes."""
    text = "1" * 3_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert _SPAN.search(text) is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes
