"""Personal data never show unless asked for."""

from __future__ import annotations

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from changzhi_portal.personal import Sealed, decrypt, digest, mask_numbers_in


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
    "written", ["138 1234 5678", "138-1234-5678", "0355－1234567", "140402 19700101 0017", "1.40402197001011e+17"]
)
def test_a_number_is_masked_however_it_is_spaced(written: str) -> None:
    shown = mask_numbers_in(f"找张三{written}")
    assert "****" in shown
    assert sum(sign.isdigit() for sign in shown) <= 7
