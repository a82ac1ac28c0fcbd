"""What other people try first as a password: names, places, the portal's words, runs of keys, a word with a year."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from accounts.models import User
from changzhi_portal.names import readings
from communities.models import Division

# Words of the portal and its trade, and what stands in every list of passwords.
_WORDS: Final = (
    "portal", "password", "passwd", "admin", "welcome", "minzheng", "shequ", "sanshe", "shegong", "shehui", "mima", "shanxi",
    "woaini", "iloveyou",
)  # fmt: skip
_WORDS_INITIALS: Final = ("mzj", "mz", "sq", "ss", "sg")
_ENDINGS: Final = ("街道办事处", "街道", "镇", "乡", "县", "市", "区")
_FEWEST_LETTERS: Final = 4  # shorter words are part of too many others
_MOST_CHARACTERS: Final = 200  # that are looked at: a longer password is not guessed, and would only take time
_LOOKALIKES: Final = (str.maketrans("@4301!$57", "aaeoiisst"), str.maketrans("@4301!$57", "aaeollsst"))
_ROWS: Final = (
    "01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "!@#$%^&*()",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgb", "147258369", "789456123",
)  # fmt: skip
_RUN: Final = 4  # characters
_SHORT_RUN: Final = 3  # what anybody's word may have, but little else than such is a pattern: Qwe123!@#a
_FEWEST_OTHERS: Final = 5  # characters besides short runs


def _runs_of(length: int) -> frozenset[str]:
    """Return all runs of keys of a length, forwards and backwards."""
    ways = [way for row in _ROWS for way in (row, row[::-1])]
    return frozenset(way[start : start + length] for way in ways for start in range(len(way) - length + 1))


_RUNS: Final = _runs_of(_RUN)
_SHORT_RUNS: Final = re.compile("|".join(map(re.escape, sorted(_runs_of(_SHORT_RUN)))))
_REPEATED: Final = re.compile(r"(.)\1\1")
_ONLY_REPEATED: Final = re.compile(r"(.{1,20}?)\1+.{0,2}")
_YEAR: Final = re.compile(r"(19|20)\d\d(\d\d){0,2}")  # with month and day, if any


@dataclass(frozen=True, slots=True)
class _Spelled:
    """A Chinese name with patterns of its pinyin, in every reading that people use, and of its initials."""

    name: str
    pinyin: str
    initials: str

    @classmethod
    def of(cls, name: str, syllables: list[str], ending: str = "") -> Self:
        """Return the patterns; `ending` (县, 街道) may be left out."""
        core, rest = syllables[: len(syllables) - len(ending)], syllables[len(syllables) - len(ending) :]
        if len(core) < 2:  # 城区, 沁县
            core, rest, ending = syllables, [], ""
        initials = "".join(map(_initial, core)) + "".join(f"(?:{_initial(each)}" for each in rest) + ")?" * len(rest)
        return cls(name.removesuffix(ending), "".join(f"(?:{each})" for each in core), initials)

    def is_in(self, typed: str, letters: set[str]) -> bool:
        """Return whether a password has the name, in Chinese or in pinyin."""
        if len(self.name) > 1 and self.name in typed:
            return True
        found = (re.search(self.pinyin, text) for text in letters)
        return any(match is not None and len(match[0]) >= _FEWEST_LETTERS for match in found)


def find_guess(password: str, user: User | None = None) -> str:
    """Return in one sentence what is easy to guess about a password, for this user if any; "" for nothing."""
    typed = unicodedata.normalize("NFKC", password[:_MOST_CHARACTERS]).casefold()
    what = _run_in(typed) or _name_in(typed, user) or _word_and_year(typed)
    return f"{what}，容易被人猜到，请换一个。" if what else ""


def _run_in(typed: str) -> str:
    is_pattern = len(_SHORT_RUNS.sub("", typed)) < _FEWEST_OTHERS <= len(typed)
    is_repeated = _REPEATED.search(typed) or _ONLY_REPEATED.fullmatch(typed)
    found = is_pattern or is_repeated or any(run in typed for run in _RUNS)
    return "密码里有连续或重复的字符（如1234、qwer、aaa）" if found else ""


def _name_in(typed: str, user: User | None) -> str:
    plain = _letters_of(typed)
    letters = {plain, *(_letters_of(typed.translate(table)) for table in _LOOKALIKES)}
    persons = list(_persons(user)) if user is not None else []
    if any(name in typed for name in _account_names(user)) or any(each.is_in(typed, letters) for each in persons):
        return "密码里有用户名、姓名或邮箱名（拼音也算）"
    for word in _WORDS:
        if any(word in text for text in letters):
            return f"密码里有“{word}”，是大家都想得到的词"
    places = list(_places())
    for place in places:
        if place.is_in(typed, letters):
            return f"密码里有地名“{place.name}”（拼音也算）"
    if _are_initials(plain, [*persons, *places], user):
        return "密码里的字母只是地名、姓名、单位的首字母或者用户名"
    return ""


def _word_and_year(typed: str) -> str:
    words = re.findall(r"[^\W\d_]+", typed)
    found = len(words) == 1 and _YEAR.fullmatch("".join(re.findall(r"\d", typed)))
    return "密码只是一个词加年份" if found else ""


def _letters_of(text: str) -> str:
    return re.sub(r"[^a-z]", "", text)


def _initial(syllable: str) -> str:
    """Return the pattern of the first letter of a syllable with all its readings: "[cz]" for 长."""
    return f"[{''.join(sorted({reading[0] for reading in syllable.split('|')}))}]"


def _account_names(user: User | None) -> Iterator[str]:
    """Yield user name and name of the e-mail address, and their words; all with a letter or long."""
    for name in (user.username, user.email.partition("@")[0]) if user is not None else ():
        for part in {name.casefold(), *re.split(r"[\W_]+", name.casefold())}:
            if len(part) >= _FEWEST_LETTERS and not (part.isdecimal() and len(part) < 6):  # 2018 is anybody's
                yield part


def _persons(user: User) -> Iterator[_Spelled]:
    """Yield the full name, and the given name of two characters."""
    syllables = readings(user.full_name).split()
    if len(syllables) > 1:
        yield _Spelled.of(user.full_name, syllables)
    if len(syllables) == 3:
        yield _Spelled.of(user.full_name[-2:], syllables[1:])


def _places() -> Iterator[_Spelled]:
    """Yield city, counties and towns, those of before too: people know them by their old names."""
    for name, read in Division.objects.values_list("name", "readings").distinct().order_by("name"):
        syllables = (read or readings(name)).split()
        if len(syllables) > 1:
            yield _Spelled.of(name, syllables, next((each for each in _ENDINGS if name.endswith(each)), ""))


def _are_initials(plain: str, names: list[_Spelled], user: User | None) -> bool:
    """Return whether the letters of a password are the initials of one or two names, and nothing else."""
    known = [*(each.initials for each in names), *_WORDS_INITIALS]
    if user is not None and _letters_of(user.username.casefold()):
        known.append(_letters_of(user.username.casefold()))
    return re.fullmatch(f"(?:{'|'.join(known)}){{1,2}}", plain) is not None
