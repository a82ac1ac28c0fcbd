"""Names: how they are stored, compared and sorted (docs/domain.md §3, §8)."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache

# Character by character, 长 would have one reading for both: the city is Chángzhì, the county Zhǎngzǐ.
_LOCAL_READINGS = {"长治": "chang2 zhi4", "长子": "zhang3 zi3"}

# Readings of characters as names of families and of places in 山西, which the dictionary of words lacks.
_NAME_READINGS = dict(
    pair.split(":")
    for pair in (
        "单:shan 仇:qiu 解:xie 盖:ge 查:zha 尉:yu 缪:miao 翟:zhai 朴:piao 覃:qin 冼:xian 员:yun 召:shao 种:chong"
        " 黑:he 折:she 洗:xian 秘:bi 费:bi 繁:po 祭:zhai 曾:zeng 乐:yue 牟:mu 谌:shen 郗:chi 佴:nai 蔚:yu 洞:tong 峙:shi"
        " 堡:bu"
    ).split()
)

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
_LETTERS = re.compile(r"[a-z]+")
# Letters of pinyin that are searched for at once.
MOST_LETTERS = 24
_BETWEEN_HAN = re.compile(r"(?<=[\u2e80-\u9fff\u3400-\u4dbf])\s+(?=[\u2e80-\u9fff\u3400-\u4dbf])")
# Radicals and strokes that look like an ideograph, which a copy from a PDF has in its place: ⻓ for 长. Each stands above
# its ideograph, as the property Equivalent_Unified_Ideograph of Unicode 14.0 says (EquivalentUnifiedIdeograph.txt; for ⺕
# later versions have U+2B739, which nobody types). NFKC knows two of them only. For Kangxi Radicals both say the same.
_RADICALS_AND_STROKES = (
    "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧",
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺母民氵氺灬爫爫丬牛",
    "⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍",
    "犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶",
    "⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
    "辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
    "㇆㇏㇐㇑㇒㇓㇔㇕㇖㇗㇘㇙㇚㇛㇜㇝㇞㇟㇠㇡",
    "𠃌乀一丨丿丿丶𠃍乛𠃊𠃎𠄌亅𡿨𠃋乀𠃑乚乙𠄎",
)
_KANGXI_RADICALS = range(0x2F00, 0x2FD6)
_VARIATION_SELECTORS = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))  # which form of the character before is meant
# Where Unicode has letters, digits and ideographs that stand for others (ﬁ, ｱ, Ａ, 𝟎, 金 as U+F90A).
_COMPATIBILITY_BLOCKS = (
    range(0xA0, 0x3131),
    range(0x3131, 0x3400),
    range(0xA640, 0xAC00),
    range(0xF900, 0xFFDD),
    range(0x1D400, 0x1D800),
    range(0x2F800, 0x2FA1E),
)


def _compatibility_characters() -> dict[int, str]:
    """Return by code point what each radical, letter, digit or ideograph means that stands for another.

    Signs keep their form in stored text (㎡, ℃, №, （）).
    """
    found: dict[int, str] = {}
    for radicals, ideographs in zip(_RADICALS_AND_STROKES[::2], _RADICALS_AND_STROKES[1::2], strict=True):
        found |= dict(zip(map(ord, radicals), ideographs, strict=True))
    found |= {code: unicodedata.normalize("NFKC", chr(code)) for code in _KANGXI_RADICALS}
    found |= dict.fromkeys(_VARIATION_SELECTORS, "")
    for block in _COMPATIBILITY_BLOCKS:
        for character in map(chr, block):
            is_letter_or_digit = unicodedata.category(character) in {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"}
            if is_letter_or_digit and not unicodedata.is_normalized("NFKC", character):
                found[ord(character)] = unicodedata.normalize("NFKC", character)
    return found


def _matcher_of(codes: Iterable[int]) -> re.Pattern[str]:
    """Return an expression that finds any of the characters.

    It is asked of every cell. Python looks a character of the basic plane up in one table, but compares it with the
    ranges beyond that one by one; so those are one range, which may find a character too many.
    """
    codes = set(codes)
    basic = "".join(map(re.escape, map(chr, sorted(code for code in codes if code <= 0xFFFF))))
    beyond = [code for code in codes if code > 0xFFFF]
    return re.compile(f"[{basic}{chr(min(beyond))}-{chr(max(beyond))}]")


_FOLDED = _compatibility_characters()
# The ideographic space becomes narrow. Chinese punctuation such as （） stays.
_TIDIED: dict[int, str | None] = {**_FOLDED, 0x3000: " ", 0xA0: " "}
# Control characters that are no white space.
_TIDIED |= dict.fromkeys((*range(0x09), *range(0x0E, 0x1C), *range(0x7F, 0x85), *range(0x86, 0xA0)))
# Invisible characters, such as those around a number that was copied from a telephone's address book.
_TIDIED |= dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF))
_WHITE_SPACE = [code for code in range(0x3001) if chr(code).isspace()]
_FOLDABLE = _matcher_of(_FOLDED)
_UNTIDY = _matcher_of([*_TIDIED, *_WHITE_SPACE])


def fold(text: str) -> str:
    """Return the text with the letters, digits and ideographs that radicals and other compatibility characters mean.

    ⻓⼦县 is 长子县, ＡＢ１２ is AB12 (docs/spreadsheets.md §3.1). Spaces and punctuation stay.
    """
    return text.translate(_FOLDED) if not text.isascii() and _FOLDABLE.search(text) else text


def tidy(text: str) -> str:
    """Return a name as it is stored: folded, single spaces, none between Chinese characters ("张 三").

    A tab separates words ("议事厅⇥党员室"), unless one of them is a single character.
    """
    if not _UNTIDY.search(text):
        return text
    text = text.translate(_TIDIED).strip()
    if "\t" not in text:
        return _BETWEEN_HAN.sub("", _SPACES.sub(" ", text))
    words = [_BETWEEN_HAN.sub("", _SPACES.sub(" ", word).strip()) for word in text.split("\t") if word.strip()]
    joined = " ".join(words)
    return joined if all(len(word) > 1 for word in words) else _BETWEEN_HAN.sub("", joined)


@lru_cache(maxsize=65_536)
def comparable(text: str) -> str:
    """Return a name for comparison: NFKC, case-folded, without spaces and variants of brackets; radicals folded."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", fold(text))).casefold()


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


def readings(name: str) -> str:
    """Return how a name may be read, to be searched by pinyin: "zhang|chang bei she qu" for 长北社区.

    A character is read in every way that people use, because they know a place or a family by its local reading (长北 is
    Chángběi, 太行 Tàiháng, 曾 Zēng). Letters and digits are read as they stand, and punctuation not at all.
    """
    return " ".join(filter(None, map(_readings_of, fold(name))))


@lru_cache(maxsize=32_768)
def _readings_of(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    from pypinyin import Style, pinyin  # heavy, as above

    [[usual, *others]] = pinyin(character, style=Style.NORMAL, heteronym=True)
    used = [reading for reading in others if (character, reading) in _used_readings()]
    found = [usual, *used, *_NAME_READINGS.get(character, "").split()]
    # 吕 is typed lv or lu, 女 nv or nu.
    typed = [spelling for reading in found for spelling in (reading, reading.replace("v", "u"))]
    return "|".join(dict.fromkeys(spelling for spelling in typed if _LETTERS.fullmatch(spelling)))


@cache
def _used_readings() -> frozenset[tuple[str, str]]:
    """Return the characters with those readings that at least two words of the dictionary of words have.

    The dictionary of characters has every reading of antiquity, by which names would be found that nobody means: 家 as
    gu, 乙 as jue.
    """
    from pypinyin.constants import PHRASES_DICT
    from pypinyin.contrib.tone_convert import to_normal

    plain = cache(to_normal)
    counted = Counter(
        (character, plain(read[0]))
        for word, syllables in PHRASES_DICT.items()
        for character, read in zip(word, syllables, strict=False)
    )
    return frozenset(reading for reading, words in counted.items() if words > 1)


def letters_of_pinyin(text: str) -> str:
    """Return the letters of a text that may be pinyin, without tone marks; "" for other texts.

    More letters than `MOST_LETTERS` are no name and would only take time.
    """
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).casefold().replace("ü", "v"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return letters if _LETTERS.fullmatch(letters) and len(letters) <= MOST_LETTERS else ""


def readings_pattern(letters: str) -> str:
    """Return a regular expression that finds letters as pinyin in `readings`.

    Initials ("thdj"), whole syllables ("taihang") and mixtures ("thang") match from the beginning of a syllable.
    """
    return r"(^| )([a-z]+\|)*" + r"([a-z]*(\|[a-z]+)* ([a-z]+\|)*)?".join(letters)
