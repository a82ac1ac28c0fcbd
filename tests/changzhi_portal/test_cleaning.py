"""Tests of cleaning cells as offices write them."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.registers import cleaning
from changzhi_portal.registers.columns import CreditCodeColumn, TextColumn
from changzhi_portal.registers.problems import CellRefusedError, Doubtful

DAY = datetime.date(2017, 11, 14)


@pytest.mark.parametrize(
    "written",
    ["2017.11.14", "2017-11-14", "2017/11/14", "2017年11月14日", "20171114", "2017. 11. 14", "２０１７－１１－１４", 20171114,
     20171114.0, 43053, 43053.0, "43053", DAY, datetime.datetime(2017, 11, 14), "2017-11-14 00:00:00", "2017年11月14日 ",
     "2017/11/14 0:00", "2017-11-14T10:30:25", "2017-11-14T00:00:00Z", "2017年11月14日 10:30", 43053.75, "43053.75", "2017-11-14\u200e"],
)  # fmt: skip
def test_every_way_of_writing_a_day_is_read(written: object) -> None:
    assert cleaning.clean_date(written) == DAY


@pytest.mark.parametrize("written", ["2017.11", "2017年11月", "2017-11", 2017.11])
def test_a_month_alone_becomes_its_first_with_a_warning(written: object) -> None:
    read = cleaning.clean_date(written)
    assert isinstance(read, Doubtful)
    assert (read.value, read.code) == (datetime.date(2017, 11, 1), "approximate_date")
    assert "10月" not in read.message


@pytest.mark.parametrize("written", ["2017.1", 2017.1])
def test_a_month_that_excel_may_have_made_of_october_is_said_to_be_doubtful(written: object) -> None:
    read = cleaning.clean_date(written)
    assert isinstance(read, Doubtful)
    assert read.value == datetime.date(2017, 1, 1)
    assert "2017年10月" in read.message


@pytest.mark.parametrize(
    "written",
    [
        "2018-13-05",
        "2019-02-30",
        "去年",
        "2018年二季度",
        "90年代",
        "2017年底",
        "14/11/2017",
        "0",
        3,
        "",
        "00001",
        datetime.date(1899, 12, 30),
        datetime.datetime(1899, 12, 31),
    ],
)
def test_anything_else_is_no_date(written: object) -> None:
    with pytest.raises(CellRefusedError) as refused:
        cleaning.clean_date(written)
    assert refused.value.code == "bad_date"


@pytest.mark.parametrize(
    ("written", "number"),
    [("1,200", "1200"), ("520㎡", "520"), ("520平方米", "520"), ("2.5万", "25000"), ("１，２００", "1200"), ("１２０平方米", "120"),
     (" 520 ", "520"), (520, "520"), (520.5, "520.5"), ("0", "0"), (0, "0"), ("1e3", "1000"), ("373.3 ㎡", "373.3"),
     ("￥25,000.00", "25000"), ("¥25000元整", "25000"), ("520平方", "520"), (299.99999999999994, "300"), (0.1 + 0.2, "0.3")],
)  # fmt: skip
def test_every_way_of_writing_a_number_is_read(written: object, number: str) -> None:
    assert cleaning.clean_number(written) == Decimal(number)


def test_about_is_read_with_a_warning() -> None:
    read = cleaning.clean_number("约520㎡")
    assert isinstance(read, Doubtful)
    assert (read.value, read.code) == (Decimal(520), "approximate_number")


@pytest.mark.parametrize("written", ["500-600", "500多", "500余人", "500～600"])
def test_a_range_is_an_error_of_its_own(written: str) -> None:
    with pytest.raises(CellRefusedError) as refused:
        cleaning.clean_number(written)
    assert refused.value.code == "approximate_number"


@pytest.mark.parametrize(
    "written", ["五百", "三百户左右", "面积大", "85%", "1,20", "--5", "三四十", "1e1000000", "9e999999999"]
)
def test_words_are_no_numbers(written: str) -> None:
    with pytest.raises(CellRefusedError) as refused:
        cleaning.clean_number(written)
    assert refused.value.code == "bad_number"


def test_a_count_is_never_negative_nor_a_fraction() -> None:
    with pytest.raises(CellRefusedError) as negative:
        cleaning.clean_integer(-12, maximum=100)
    assert negative.value.code == "negative_number"
    with pytest.raises(CellRefusedError) as fraction:
        cleaning.clean_integer("1.5", maximum=100)
    assert fraction.value.code == "bad_number"


def test_ten_thousands_of_yuan_are_exact() -> None:
    assert cleaning.clean_decimal(27.5968, places=2, maximum=Decimal(10**9), multiplier=Decimal(10_000)) == Decimal(
        "275968.00"
    )


@pytest.mark.parametrize(
    ("written", "yuan"), [(12.5, "125000"), ("12.5", "125000"), ("12.5万元", "125000"), ("12.5万", "125000"),
                          ("125000元", "125000"), ("0.00001234", "0.12"), ("0.0000125", "0.13")]
)  # fmt: skip
def test_a_cell_that_names_its_unit_is_not_multiplied_by_its_columns(written: object, yuan: str) -> None:
    read = cleaning.clean_decimal(written, places=2, maximum=Decimal(10**9), multiplier=Decimal(10_000))
    assert read == Decimal(yuan)


@pytest.mark.parametrize(
    "written", ["党员室、议事厅", "党员室 议事厅", "党员室\n议事厅", "党 员 室，议事厅", "党员室；议事厅"]
)
def test_a_list_is_read_however_it_is_separated(written: str) -> None:
    assert cleaning.items_of(written) == ["党员室", "议事厅"]


@pytest.mark.parametrize(("written", "value"), [("是", True), ("√", True), (1, True), ("Y", True), (1.0, True), (True, True), ("有", True),
                                                ("否", False), ("×", False), (0, False), ("n", False), ("无", False)])  # fmt: skip
def test_yes_and_no(written: object, value: bool) -> None:
    assert cleaning.clean_boolean(written) is value


@pytest.mark.parametrize("written", ["无", "/", "—", "暂无", "-", " ", "\u3000", ""])
def test_a_cell_that_says_nothing_is_blank(written: str) -> None:
    assert cleaning.is_blank(written)


@pytest.mark.parametrize("written", [2.0181404020000012e19, "2.01814E+19"])
def test_a_long_number_that_excel_has_cut_is_refused_not_kept(written: object) -> None:
    with pytest.raises(CellRefusedError) as refused:
        TextColumn(None, "certificate_number", "证书编号", max_length=30).clean(written)
    assert refused.value.code == "damaged_id_number"
    with pytest.raises(CellRefusedError, match="文本") as refused:
        CreditCodeColumn(None, "credit_code", "信用代码").clean(written)
    assert refused.value.code == "bad_credit_code"


@pytest.mark.parametrize("written", [0, "0", 0.0, False])
def test_a_zero_is_not_a_blank(written: object) -> None:
    assert not cleaning.is_blank(written)


@given(st.dates(min_value=datetime.date(1950, 1, 1), max_value=datetime.date(2100, 12, 31)))
def test_every_day_survives_every_way_of_writing_it(day: datetime.date) -> None:
    for form in ("%Y.%m.%d", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"):
        assert cleaning.clean_date(day.strftime(form)) == day
    serial = (day - datetime.date(1899, 12, 30)).days
    assert cleaning.clean_date(float(serial)) == day


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.dates()))
def test_whatever_stands_in_a_cell_is_read_or_refused(written: object) -> None:
    def count(raw: object) -> object:
        return cleaning.clean_integer(raw, maximum=10**9)

    def area(raw: object) -> object:
        return cleaning.clean_decimal(raw, places=2, maximum=Decimal(10**8))

    for clean in (cleaning.clean_date, count, area, cleaning.clean_boolean):
        try:
            clean(written)
        except CellRefusedError as refused:
            assert str(refused)
