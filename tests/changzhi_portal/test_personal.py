"""Tests that personal data are shown only on purpose."""

from __future__ import annotations

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from changzhi_portal.personal import Sealed, decrypt, digest
from changzhi_portal.personal_numbers import mask_numbers_in, mask_slipped_numbers


def test_a_sealed_value_prints_its_mask_only() -> None:
    number = Sealed("id_number", plain="140402197001010017")
    assert f"{number} {number!s}" == "140402********0017 140402********0017"
    assert "19700101" not in repr(number)
    assert str(Sealed("phone", plain="13812341234")) == "138****1234"
    assert str(Sealed("phone", plain="0355-1234567、13812341234")) == "0355-***4567、138****1234"


def test_what_is_stored_is_ciphertext_that_only_the_key_opens() -> None:
    sealed = Sealed("phone", plain="13812341234")
    assert "13812341234" not in sealed.token
    assert decrypt(sealed.token) == Sealed("phone", token=sealed.token).reveal() == "13812341234"


def test_equal_numbers_have_equal_digests() -> None:
    assert digest("140402197001010017") == digest("140402197001010017") != digest("140402197001010018")


def test_a_sealed_value_cannot_slip_into_json() -> None:
    try:
        json.dumps({"phone": Sealed("phone", plain="13812341234")}, cls=DjangoJSONEncoder)
    except TypeError:
        return
    raise AssertionError("a sealed value was serialized")


def test_numbers_inside_a_text_are_masked() -> None:
    assert "13812345678" not in mask_numbers_in("找张三13812345678")
    assert "140402197001010017" not in mask_numbers_in("140402197001010017")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("138 1234 5678", "138 **** **78"),
        ("138-1234-5678、0355-2123456", "138-****-****、****-*****56"),
        ("140402 19700101 0017", "140*** ******** **17"),
        ("14040219700101001YY", "140************01YY"),
        ("12345", "12345"),
    ],
)
def test_numbers_are_masked_however_they_are_written(written: str, shown: str) -> None:
    assert mask_numbers_in(written) == shown


def test_a_number_in_a_wrong_column_is_masked_and_codes_are_not() -> None:
    assert mask_slipped_numbers("没有“14040219700101001X”这个县") == "没有“140************01X”这个县"
    assert mask_slipped_numbers("13812345678") == "138******78"
    for harmless in (
        "140402001001",
        "14040200101",
        "52140402MJ00000171",
        "2018-06-30",
        "5200000",
        "YS2018-13812345678901",
    ):
        assert mask_slipped_numbers(harmless) == harmless
