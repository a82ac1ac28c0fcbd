"""Names: how they are stored, compared and sorted (docs/domain.md §3, §8)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Character by character, 长 would have one reading for both: the city is Chángzhì, the county Zhǎngzǐ.
_LOCAL_READINGS = {"长治": "chang2 zhi4", "长子": "zhang3 zi3"}

_COMMUNITY_ENDINGS = (
    "社区居民委员会",
    "社区居委会",
    "居民委员会",
    "居委会",
    "村民委员会",
    "村村委会",
    "村委会",
    "社区",
    "村",
)
_SPACES = re.compile(r"\s+")
_BETWEEN_HAN = re.compile(r"(?<=[\u2e80-\u9fff\u3400-\u4dbf])\s+(?=[\u2e80-\u9fff\u3400-\u4dbf])")
# Full-width digits, Latin letters and the ideographic space become narrow; Chinese punctuation such as （） stays.
_NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_NARROW |= {0x3000: 0x20, 0xA0: 0x20}
# Invisible characters, such as those around a number that was copied from a telephone's address book.
_NARROW |= dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF))


_UNTIDY = re.compile(r"[\s\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff０-９Ａ-Ｚａ-ｚ]")


def tidy(text: str) -> str:
    """Return a name as it is stored: narrow digits and letters, single spaces, none between Chinese characters ("张 三")."""
    if not _UNTIDY.search(text):
        return text
    return _BETWEEN_HAN.sub("", _SPACES.sub(" ", text.translate(_NARROW)).strip())


@lru_cache(maxsize=65_536)
def comparable(text: str) -> str:
    """Return a name for comparison: NFKC, case-folded, without spaces and variants of brackets."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text)).casefold()


@lru_cache(maxsize=65_536)
def community_key(name: str) -> str:
    """Return a community's name for comparison: without final 居委会, 社区居委会, 社区, 村委会, 村 … (docs/domain.md §3)."""
    plain = comparable(name)
    for ending in _COMMUNITY_ENDINGS:
        if plain.endswith(ending) and len(plain) > len(ending):
            return plain.removesuffix(ending)
    return plain


@lru_cache(maxsize=4_096)
def division_key(name: str) -> str:
    """Return a division's name for comparison: without leading province or city, and without a town's final 办事处."""
    plain = comparable(name)
    for beginning in ("山西省", "长治市"):
        if plain.startswith(beginning) and len(plain) > len(beginning):
            plain = plain.removeprefix(beginning)
    return plain.removesuffix("办事处") if len(plain) > 3 else plain


def pinyin_key(name: str) -> str:
    """Return a key that sorts Chinese names by pinyin (tone as digit); characters without a reading sort by code point.

    Each character is converted by itself. Choosing readings by phrase costs a hundred times as much, and an upload
    makes tens of thousands of keys.
    """
    for local, reading in _LOCAL_READINGS.items():
        if local in name:
            before, _, after = name.partition(local)
            return " ".join(filter(None, (pinyin_key(before), reading, pinyin_key(after))))[:120]
    return " ".join(map(_reading_of, name))[:120]


@lru_cache(maxsize=32_768)
def _reading_of(character: str) -> str:
    from pypinyin import Style, lazy_pinyin  # heavy: its dictionaries take 40 MB; loaded when the first key is made

    return lazy_pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)[0]
