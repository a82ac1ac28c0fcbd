"""Characters that a program could not write and replaced by another one (`lost_character`, docs/spreadsheets.md §3.1)."""

from __future__ import annotations

import re
from functools import lru_cache

from changzhi_portal.names import comparable

_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U0010fffd"
# U+FFFD and 〓 stand for nothing else. A question mark, a box or a low line may be meant in free text and in numbers.
_SURE = f"\ufffd〓{_PRIVATE}"
_IN_NAME = re.compile(rf"[{_SURE}?□]|(?<=[{_HAN}])_+(?=[{_HAN}]|$)|^_+(?=[{_HAN}])")
_IN_FREE_TEXT = re.compile(rf"[{_SURE}]|(?<=[{_HAN}])(?:\?+|□)(?=[{_HAN}])|\?\?")
_ANY = re.compile(rf"[{_SURE}?□_]+")  # asked of every text first; most have none


def lost_in_name(text: str) -> str:
    """Return the first sign in a name or number that stands for a lost character; "" without one."""
    found = _IN_NAME.search(text) if _ANY.search(text) else None
    return found[0] if found else ""


def lost_in_free_text(text: str) -> str:
    """Return the first sign in a remark that can only stand for a lost character; "" without one."""
    found = _IN_FREE_TEXT.search(text) if _ANY.search(text) else None
    return found[0] if found else ""


def lost_character_message(sign: str) -> str:
    """Return the sentence of the warning about a sign that `lost_in_name` or `lost_in_free_text` has found."""
    if re.match(f"[{_PRIVATE}]", sign):
        return "这里有一个显示不出来的字（自造字），别的电脑上会丢失，请核对原件，改用标准字"
    return f"“{sign}”处可能丢了字（有的程序把不认识的字写成“?”“_”或方框），请照原件补上"


@lru_cache(maxsize=1_024)
def could_be(damaged: str, name: str) -> bool:
    """Return whether `name` is `damaged` with the lost characters in their place.

    A sign stands for one character or, where a program wrote each of its bytes, for up to as many as there are signs.
    """
    damaged = comparable(damaged)
    if not _ANY.search(damaged):
        return False
    parts = []
    last = 0
    for sign in _ANY.finditer(damaged):
        parts += [re.escape(damaged[last : sign.start()]), f".{{1,{len(sign[0])}}}"]
        last = sign.end()
    parts.append(re.escape(damaged[last:]))
    return damaged != comparable(name) and re.fullmatch("".join(parts), comparable(name)) is not None
