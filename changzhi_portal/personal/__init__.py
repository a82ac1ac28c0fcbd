"""Personal data, encrypted in storage and masked on screen (个人信息保护法; docs/domain.md §9, docs/privacy.md).

An ID number or a phone is stored as ciphertext and, if it is searched for, with a keyed digest. In Python it is a
`Sealed` value: printing, formatting or serializing it shows the mask, and only an explicit `reveal()` returns the plain
text. So masking cannot be forgotten, and every place that reveals a value can be found by searching for that name.

A ciphertext is bound to where it is stored (ADR 0028): one that is copied into another row, column or table, or a file
under another name, is not decrypted there. Import from here.
"""

from changzhi_portal.personal.fields import SealedField, holds_personal_data, place_of
from changzhi_portal.personal.sealing import (
    CannotDecryptError,
    Place,
    decrypt,
    decrypt_bytes,
    encrypt,
    encrypt_bytes,
    is_current,
    key_id_of_bytes,
    newest_key_id,
)
from changzhi_portal.personal.values import (
    MASKS,
    Sealed,
    Wiped,
    digest,
    is_wiped,
    mask_id_number,
    mask_left,
    mask_of,
    mask_phone,
    phone_digests,
    stored_value,
    wiped,
    wiped_text,
)

__all__ = [
    "MASKS",
    "CannotDecryptError",
    "Place",
    "Sealed",
    "SealedField",
    "Wiped",
    "decrypt",
    "decrypt_bytes",
    "digest",
    "encrypt",
    "encrypt_bytes",
    "holds_personal_data",
    "is_current",
    "is_wiped",
    "key_id_of_bytes",
    "mask_id_number",
    "mask_left",
    "mask_of",
    "mask_phone",
    "newest_key_id",
    "phone_digests",
    "place_of",
    "stored_value",
    "wiped",
    "wiped_text",
]
