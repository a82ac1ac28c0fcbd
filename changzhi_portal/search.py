"""The search in the header: what an app's records are found by, as each app declares it in `<app>/search.py`.

A register's search box asks the same source, so that its list shows what the header has found:

    class Projects(SearchSource):
        title = "购买服务项目"
        ...

A text is split into words, and every word must match: the record itself, or the place that it belongs to. ID numbers and
phones are looked up by their digests; their text stands in no address, history or log (docs/domain.md §9).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import and_, or_
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django.db.models import Case, Count, IntegerField, Lookup, Q, QuerySet, TextField, Value, When, Window
from django.urls import reverse
from stdnum.cn import uscc

from changzhi_portal.discovery import classes_in
from changzhi_portal.identifiers import InvalidIdentifierError, clean_phone
from changzhi_portal.names import comparable, fold, letters_of_pinyin, readings_pattern
from changzhi_portal.personal import digest
from changzhi_portal.personal_numbers import Kind, personal_numbers
from changzhi_portal.refusals import InvalidError
from changzhi_portal.rights import EVERYBODY, Actor, has_right
from changzhi_portal.scope import ScopedQuerySet

MOST_CHARACTERS = 60
MOST_WORDS = 5
# A longer text is not even read: a form may hold five megabytes, in which to look for numbers takes a minute.
MOST_LOOKED_AT: Final = 1_000
# A group shows so many records and links to the register's list for the others.
MOST_HITS = 8
# So many keys of what a word matches stand in the queries that use them; of more, each query has a subquery.
MOST_KEYS = 500
# The condition that no row fulfils; what is joined with it is left out of the statement.
NOTHING: Final = Q(pk__in=())
_SEPARATORS = re.compile(r"[\s、，,;；|]+")
_LANDLINE = re.compile(r"(?<!\d)[(（]?0\d{2,3}[)）]?[-—－\s]{0,2}\d{7,8}(?:-\d{1,5})?(?!\d)")
_MOBILE_LENGTH: Final = 11  # without the country code
_NOT_OF_ID_NUMBERS = re.compile(r"[^0-9X]")


@TextField.register_lookup
class Spelt(Lookup):
    """The lookup `readings__spelt`: names that are read as these letters.

    That the letters stand in the column in this order is asked first: it leaves few rows for the regular expression, which
    on SQLite is a call of Python per row.
    """

    lookup_name = "spelt"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the condition on both databases."""
        column, params = self.process_lhs(compiler, connection)
        letters = str(self.rhs)
        in_order, pattern = f"%{'%'.join(letters)}%", readings_pattern(letters)
        matches = f"{column} {connection.operators['regex']}"
        return f"({column} LIKE %s AND {matches})", [*params, in_order, *params, pattern]


# Keys of rows, or the query for them.
Keys = list[int] | QuerySet


@dataclass(frozen=True)
class Word:
    """One word of what is searched for, folded as stored names are.

    Of a personal number both are its digest, so that the number itself gets into no statement that a database may log.
    """

    text: str
    digest: str = ""
    """Digest of the personal number that the word is; "" for other words."""
    _matched: dict[str, Keys] = field(default_factory=dict, compare=False, repr=False)

    def matched(self, what: str, rows: Callable[[], QuerySet]) -> Keys:
        """Return the keys of the rows that the word matches; of too many, the query for them.

        `what` names the rows. They are looked up once, however many kinds of records ask for them: to look up one word
        again in each of their queries takes most of the time of a search.
        """
        if what not in self._matched:
            matching = rows().order_by().values_list("pk", flat=True)
            keys = list(matching[: MOST_KEYS + 1])
            self._matched[what] = keys if len(keys) <= MOST_KEYS else matching
        return self._matched[what]

    @property
    def key(self) -> str:
        """Return the word for comparison with a `name_key`."""
        return comparable(self.text)

    def is_read_as(self, readings: str) -> Q:
        """Return the condition that the column `readings` can be read as this pinyin; no row for other than letters.

        A single letter is the initial of nearly everything.
        """
        letters = letters_of_pinyin(self.text)
        return Q(**{f"{readings}__spelt": letters}) if len(letters) > 1 else NOTHING

    def has_code(self, column: str) -> Q:
        """Return the condition that a code begins with this word; no row unless it has a digit."""
        has_digit = any(map(str.isdecimal, self.text))
        return Q(**{f"{column}__startswith": self.text.upper()}) if has_digit else NOTHING


def among(keys: Keys, *lookups: str) -> Q:
    """Return the condition that one of these lookups leads to one of the keys."""
    if isinstance(keys, list) and not keys:
        return NOTHING
    return Q(*((f"{lookup}__in", keys) for lookup in lookups), _connector=Q.OR)


@dataclass(frozen=True)
class SearchText:
    """What is searched for: its words, in their order."""

    words: tuple[Word, ...]

    @classmethod
    def read(cls, text: str) -> SearchText:
        """Return the words of a text; a personal number is one word, however it is grouped."""
        text = _printable(text)
        words: list[Word] = []
        end = 0
        for start, after, number in _personal_spans(text):
            secret = digest(number)
            words += [*_plain_words(text[end:start]), Word(secret, secret)]
            end = after
        return cls(tuple(dict.fromkeys([*words, *_plain_words(text[end:])])))

    @classmethod
    def without_numbers(cls, text: str) -> SearchText:
        """Return the words of a text that stands in an address, so that nobody is found by a number there."""
        return cls(tuple(dict.fromkeys(_plain_words(_printable(text)))))

    @property
    def is_personal(self) -> bool:
        """Return whether an ID number or a phone is among the words."""
        return any(word.digest for word in self.words)

    @property
    def masked(self) -> str:
        """Return the text to be shown, without personal numbers."""
        return " ".join("（号码）" if word.digest else word.text for word in self.words)

    def check(self) -> None:
        """Raise InvalidError for a text that would find nearly everything, or that is no search."""
        if (
            sum(len(word.text) for word in self.words if not word.digest) > MOST_CHARACTERS
            or len(self.words) > MOST_WORDS
        ):
            raise _too_long()
        if all(len(word.text) < 2 and word.text.isascii() for word in self.words):
            raise InvalidError(
                "要查的内容太短，请至少输入一个汉字，或者两个字母、数字。",
                cure="Give a Chinese character, or two letters or digits.",
                field="q",
            )


def refuse_long(text: str) -> None:
    """Raise InvalidError for a text that has more than MOST_LOOKED_AT characters, before it is read."""
    if len(text) > MOST_LOOKED_AT:
        raise _too_long()


def _too_long() -> InvalidError:
    return InvalidError(
        f"一次最多查{MOST_WORDS}个词、{MOST_CHARACTERS}个字，请只留最要紧的几个词。",
        cure=f"At most {MOST_WORDS} words and {MOST_CHARACTERS} characters are searched for at once.",
        field="q",
    )


def _printable(text: str) -> str:
    return fold("".join(letter if letter.isprintable() else " " for letter in text))


def _plain_words(text: str) -> list[Word]:
    """Return the words of a text, without those that are punctuation only."""
    return [Word(word) for word in _SEPARATORS.split(text) if any(map(str.isalnum, word))]


def _personal_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and number, as its digest is made of it, of each ID number and phone in a text.

    Eighteen digits with a mistake in them are taken for an ID number too, unless they are a credit code.
    """
    found = {}
    sure = {number.start for number in personal_numbers(text)}
    for number in personal_numbers(text, doubtful=True):
        plain = _NOT_OF_ID_NUMBERS.sub("", text[number.start : number.end].upper())
        if number.start in sure or not uscc.is_valid(plain):
            found[number.start] = number.end, plain if number.kind is Kind.ID_NUMBER else plain[-_MOBILE_LENGTH:]
    for match in _LANDLINE.finditer(text):
        if any(start < match.end() and match.start() < end for start, (end, _) in found.items()):
            continue
        try:
            found[match.start()] = match.end(), clean_phone(match[0])
        except InvalidIdentifierError:
            continue  # digits of another kind, such as a part of a code
    for start, (end, plain) in sorted(found.items()):
        yield start, end, plain


@dataclass(frozen=True)
class Hit:
    """A record that was found: its name, where it lies, what else helps to tell it from others, and its page."""

    name: str
    url: str
    place: str = ""
    remark: str = ""


@dataclass(frozen=True)
class HitGroup:
    """The records of one kind that were found, at most `MOST_HITS`.

    `all_url` leads to all of them, `total` in number: the register's list, or a page of the search where that would not
    show them all; "" for a text that stands in no address.
    """

    title: str
    hits: Sequence[Hit]
    has_more: bool
    total: int
    all_url: str


class SearchSource(ABC):
    """One kind of records that the header's search finds. Each costs one query, and each word those of `Word.matched`."""

    title: ClassVar[str]
    position: ClassVar[int]
    requires: ClassVar[str] = EVERYBODY
    # The register's list, which takes the text as `q`; "" without one.
    list_url_name: ClassVar[str] = ""
    # Which of the records that are found that list shows; all by default.
    listed: ClassVar[Q] = Q()
    # The column with the name for comparison, as `key_of` makes it of a word.
    compared_name: ClassVar[str] = "name_key"

    @abstractmethod
    def rows(self) -> ScopedQuerySet:
        """Return all records, with what `hit` needs; the search limits them to what the user may see."""

    @abstractmethod
    def itself(self, word: Word) -> Q:
        """Return the condition that a record's own name, number or code matches a word."""

    def related(self, word: Word) -> Q:
        """Return the condition that something of the record's matches a word, such as its community; by default nothing."""
        return NOTHING

    def place(self, word: Word) -> Q:
        """Return the condition that the town or county matches a word; asked only when another word matches the record."""
        return NOTHING

    def key_of(self, word: Word) -> str:
        """Return the word as it stands in the column `compared_name`."""
        return word.key

    @abstractmethod
    def hit(self, record: Any) -> Hit:
        """Return what the page shows of a record that was found."""

    def matching(self, text: SearchText) -> Q:
        """Return the condition that every word matches, and at least one of them more than the place."""
        words = text.words[:MOST_WORDS]
        if not words:
            return NOTHING
        found = [_either(self.itself(word), self.related(word)) for word in words]
        if len(words) == 1:
            return found[0]
        places = [self.place(word) for word in words]
        # The place first, because it is looked up in a short list.
        everywhere = reduce(and_, map(_either, places, found))
        # A word that is no place must match the record; otherwise this is asked of what is left.
        return everywhere if NOTHING in places else everywhere & reduce(or_, found)

    @property
    def name(self) -> str:
        """Return the name of the kind in the address of the page with all that is found of it."""
        return type(self).__name__.lower()

    def found(self, text: SearchText, user: Actor) -> ScopedQuerySet:
        """Return the records that match within the user's scope, closest first; none for another's role."""
        if not has_right(user, self.requires):
            return self.rows().none()
        rows = self.rows().visible_to(user).filter(self.matching(text)).annotate(search_rank=self._rank(text))
        return rows.order_by("search_rank", *rows.model._meta.ordering)

    def find(self, text: SearchText, user: Actor) -> HitGroup | None:
        """Return the records that match within the user's scope, closest first; None for none, or for another's role."""
        if not has_right(user, self.requires):
            return None
        counts = {"search_total": Window(Count("pk"))}
        if self.listed:
            counts["search_listed"] = Window(Count("pk", filter=self.listed))
        found = list(self.found(text, user).annotate(**counts)[: MOST_HITS + 1])
        if not found:
            return None
        hits = [self.hit(record) for record in found[:MOST_HITS]]
        total = found[0].search_total
        in_list = bool(self.list_url_name) and getattr(found[0], "search_listed", total) == total
        return HitGroup(self.title, hits, len(found) > MOST_HITS, total, self._all_url(text, in_list=in_list))

    def _all_url(self, text: SearchText, *, in_list: bool) -> str:
        """Return where all that is found is listed; "" for a personal number."""
        if text.is_personal:
            return ""
        asked = {"q": " ".join(word.text for word in text.words)}
        if in_list:
            return f"{reverse(self.list_url_name)}?{urlencode(asked)}"
        return f"{reverse('search')}?{urlencode(asked | {'kind': self.name})}"

    def _rank(self, text: SearchText) -> Case:
        """Return the order: the same name first, then names that begin so, then any that match, then the related."""
        words = text.words[:MOST_WORDS]
        column, keys = self.compared_name, [self.key_of(word) for word in words]
        whole = [When(**{column: key}, then=Value(0)) for key in keys]
        begun = [When(**{f"{column}__startswith": key}, then=Value(1)) for key in keys]
        if all(self.related(word) == NOTHING for word in words):  # then none was found by it
            return Case(*whole, *begun, default=Value(2), output_field=IntegerField())
        itself = When(reduce(or_, map(self.itself, words)), then=Value(2))
        return Case(*whole, *begun, itself, default=Value(3), output_field=IntegerField())


def _either(one: Q, other: Q) -> Q:
    """Return that one of two conditions holds, the shorter for one that never does."""
    return other if one == NOTHING else one if other == NOTHING else one | other


@cache
def search_sources() -> tuple[SearchSource, ...]:
    """Return one instance of every source of every app, smallest position first."""
    return tuple(sorted((kind() for kind in classes_in("search", SearchSource)), key=lambda source: source.position))


def find_everywhere(text: SearchText, user: Actor) -> list[HitGroup]:
    """Return what the user may see of what matches, by kind; raises InvalidError for a text that cannot be searched for."""
    text.check()
    return [group for source in search_sources() if (group := source.find(text, user)) is not None]
