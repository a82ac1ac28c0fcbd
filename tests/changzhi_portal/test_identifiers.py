"""Tests of ID numbers, credit codes and phones."""

from __future__ import annotations

import datetime

import pytest

from changzhi_portal import identifiers
from changzhi_portal.identifiers import InvalidIdentifierError
from tests.factories import credit_code, id_number

TODAY = datetime.date(2026, 11, 23)


def test_somebody_born_before_the_county_had_its_code_is_accepted() -> None:
    number = id_number(1, area="140423", born=datetime.date(1970, 1, 1))
    assert identifiers.clean_id_number(number.lower(), today=TODAY) == number


@pytest.mark.parametrize(
    "number",
    [
        "14042919700705010",
        "140429198502300110",
        "140429209001050150",
        "140429197005290090",
        "abc",
        "1404291970070501011",
    ],
)
def test_an_impossible_id_number_is_refused(number: str) -> None:
    with pytest.raises(InvalidIdentifierError, match="身份证号"):
        identifiers.clean_id_number(number, today=TODAY)


def test_any_single_wrong_digit_of_an_id_number_is_noticed() -> None:
    number = id_number(7)
    for position in (0, 5, 14, 16):
        wrong = number[:position] + str((int(number[position]) + 1) % 10) + number[position + 1 :]
        with pytest.raises(InvalidIdentifierError):
            identifiers.clean_id_number(wrong, today=TODAY)


def test_a_credit_code_is_read_in_lower_case_and_full_width() -> None:
    code = credit_code(3)
    assert identifiers.clean_credit_code(code.lower()) == code
    with pytest.raises(InvalidIdentifierError, match="18位"):
        identifiers.clean_credit_code(code[:-1])
    with pytest.raises(InvalidIdentifierError, match="校验位"):
        identifiers.clean_credit_code(code[:-1] + ("1" if code[-1] != "1" else "2"))


@pytest.mark.parametrize(
    ("written", "kept"),
    [("13812345678", "13812345678"), ("0355-1234567", "0355-1234567"), ("(0355)1234567", "0355-1234567"),
     ("13812345678，0355-1234567", "13812345678、0355-1234567"), ("138-1234-5678", "13812345678"),
     ("138 1234 5678", "13812345678"), ("0355 1234567", "0355-1234567"), ("0355－1234567", "0355-1234567"),
     ("0355—1234567", "0355-1234567"), ("+86 13812345678", "13812345678"), ("(0355)-1234567", "0355-1234567"),
     ("13812345678 13912345678", "13812345678、13912345678"), ("0355-1234567-12", "0355-1234567-12"),
     ("0355-1234567转801", "0355-1234567-801"), ("0355-1234567 转 801", "0355-1234567-801"),
     ("03551234567分机号：12、13812345678", "0355-1234567-12、13812345678"), ("'13812345678", "13812345678"),
     ("’0355-1234567", "0355-1234567"), ("‘13812345678’、'13912345678", "13812345678、13912345678")],
)  # fmt: skip
def test_phones_are_kept_in_one_form(written: str, kept: str) -> None:
    assert identifiers.clean_phone(written) == kept


@pytest.mark.parametrize(
    "written", ["12345", "199000012", "1234567", "电话", "13812345678 12", "861381234567", "转801", "13812345678转801"]
)
def test_what_is_no_phone_is_refused(written: str) -> None:
    with pytest.raises(InvalidIdentifierError, match="手机号"):
        identifiers.clean_phone(written)
