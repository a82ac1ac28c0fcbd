"""Tests that personal data are shown only on purpose."""

from __future__ import annotations

import base64
import json
import os

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from changzhi_portal.personal import (
    CannotDecryptError,
    Place,
    Sealed,
    decrypt,
    digest,
    encrypt,
    is_current,
    newest_key_id,
)
from changzhi_portal.personal_numbers import mask_numbers_in, mask_slipped_numbers
from orgs.models import SocialOrganization

HERE = Place("orgs.socialorganization.phone/here")


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def test_a_sealed_value_prints_its_mask_only() -> None:
    number = Sealed("id_number", plain="140402197001010017")
    assert f"{number} {number!s}" == "140402********0017 140402********0017"
    assert "19700101" not in repr(number)
    assert str(Sealed("phone", plain="13812341234")) == "138****1234"
    assert str(Sealed("phone", plain="0355-1234567、13812341234")) == "0355-***4567、138****1234"


def test_what_is_stored_is_ciphertext_that_only_the_key_opens_and_only_in_its_place() -> None:
    token = Sealed("phone", plain="13812341234").token_at(HERE)
    assert "13812341234" not in token
    assert decrypt(token, HERE) == Sealed("phone", token=token, place=HERE).reveal() == "13812341234"
    with pytest.raises(CannotDecryptError, match="another place"):
        decrypt(token, Place("orgs.socialorganization.phone/another"))


def test_a_token_says_under_which_key_it_was_made_and_a_missing_key_is_named(settings) -> None:
    token = encrypt("13812341234", HERE)
    key_id = token.split(":")[1]
    assert is_current(token) and key_id == newest_key_id()
    old, settings.FIELD_KEYS = settings.FIELD_KEYS, [new_key(), *settings.FIELD_KEYS]
    assert not is_current(token) and decrypt(token, HERE) == "13812341234"
    again = Sealed("phone", token=token, place=HERE).token_at(HERE)
    assert is_current(again) and decrypt(again, HERE) == "13812341234", (
        "whatever is saved is saved under the newest key"
    )
    settings.FIELD_KEYS = settings.FIELD_KEYS[:-1]
    assert old[0] not in settings.FIELD_KEYS
    with pytest.raises(CannotDecryptError, match=f"no key {key_id}"):
        decrypt(token, HERE)


def test_nonces_are_never_used_twice_also_not_by_a_forked_process() -> None:
    def nonces(number: int) -> set[bytes]:
        return {base64.b64decode(encrypt("1", HERE).split(":")[2])[:12] for _ in range(number)}

    nonces(1)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, b"".join(nonces(300)))
        os._exit(0)
    ours = nonces(300)
    os.waitpid(child, 0)
    theirs = os.read(read, 300 * 12)
    others = {theirs[start : start + 12] for start in range(0, len(theirs), 12)}
    assert len(ours) == len(others) == 300 and not ours & others


@pytest.mark.parametrize("damaged", ["", "2:", "2:abc", "2:abc:!!!", "2::", "13812341234", "号码"])
def test_what_is_no_ciphertext_is_refused_as_such(damaged: str, db: None) -> None:
    with pytest.raises(CannotDecryptError):
        decrypt(damaged, HERE)


def test_a_value_that_knows_no_row_is_neither_shown_nor_stored() -> None:
    without_place = Sealed("phone", token=encrypt("13812341234", HERE))
    with pytest.raises(ValueError, match="where it stands"):
        str(without_place)
    for value in (without_place, Sealed("phone", plain="13812341234")):
        with pytest.raises(ValueError, match="saving its record"):
            SocialOrganization._meta.get_field("phone").get_prep_value(value)


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
