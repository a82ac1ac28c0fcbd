"""Sentences of 联动工作, as a clerk writes them: a share, a mean, a total, each by what its numbers say.

Whatever nobody has reported, and what cannot be divided, is left out: a phrase is then "". Rates and changes are those
that are stored; nothing is computed here but differences of whole numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from changzhi_portal.briefings import TERMS, Span, Term
from changzhi_portal.display import display_number
from changzhi_portal.linked.stored import StoredFigure, StoredWork
from changzhi_portal.percent import percent_text, points_text
from changzhi_portal.phrases import joined, month_in_words

_MANY = 10  # units, of which one is 仅1个
_COVERED = re.compile(r"（覆盖\d+个县（市、区））$")  # behind a clause, with nothing about the time before


class Share(NamedTuple):
    """The words of a share: 社区153个，其中组织健全的96个，占62.7%.

    `among` is what is judged and `unit` its measure word; `which` those that do, `lacking` what is said of those that do
    not; `every` and `none` what is said where all or none do. `one`: of a single one that does or does not.
    """

    among: str
    unit: str
    which: str
    lacking: str
    every: str
    none: str
    one: tuple[str, str]


class Mean(NamedTuple):
    """The words of a mean a community: 牌子5块; `change` is the code of its change on last December, if it has one."""

    code: str
    change: str
    noun: str
    unit: str


@dataclass(frozen=True)
class Told:
    """What an issue knows of one work: its figures, and what its time and area are called in sentences.

    `counties` is the number of counties of the city; 0 in a county's edition, where nothing is said of coverage.
    """

    work: StoredWork
    whole: str
    month: str
    span: Span = "month"
    counties: int = 0

    @cached_property
    def _by_code(self) -> dict[str, StoredFigure]:
        return {figure.code: figure for figure in self.work.figures}

    @property
    def term(self) -> Term:
        """Return what this time and the time before are called: 本月, 上月."""
        return TERMS[self.span]

    @property
    def during(self) -> str:
        """Return when a flow happened: 本月; in an issue of a quarter or year 今年以来 of its last month's year."""
        return "本月" if self.span == "month" else f"{self.month[:4]}年1月以来"

    def reported(self, code: str) -> StoredFigure | None:
        """Return a figure that somebody has reported, even if there is nothing to divide by."""
        figure = self._by_code.get(code)
        return figure if figure is not None and figure.is_reported else None

    def known(self, code: str) -> StoredFigure | None:
        """Return a figure that has a value."""
        figure = self.reported(code)
        return figure if figure is not None and figure.value is not None else None

    # --- Phrases ---

    def coverage(self, figure: StoredFigure, *, compares: bool = True) -> str:
        """Return （覆盖12个县（市、区）） where a county is missing; "" where all have reported.

        Where the time before covered another number, a change would be one of coverage: there is none, and this says so,
        unless the sentence `compares` nothing with that time.
        """
        if not self.counties or figure.counties is None:
            return ""
        now = f"覆盖{figure.counties}个县（市、区）" if figure.counties < self.counties else ""
        before = "" if figure.counties_before is None or not compares else f"{figure.counties_before}个"
        if before:
            before = f"{self.term.last}为{before}" if now else f"{self.term.last}只覆盖{before}县（市、区）"
        said = joined([now, before, "不作比较" if before else ""])
        return f"（{said}）" if said else ""

    def share(self, code: str, words: Share, *, goes_on: bool = False) -> str:
        """Return a share with its change and coverage; `goes_on` leaves out what is judged, said before of as many."""
        figure = self.known(code)
        if figure is None or figure.numerator is None or not figure.denominator:
            return ""
        some, whole = int(figure.numerator), int(figure.denominator)
        counted = f"{display_number(whole)}{words.unit}"
        among = "" if goes_on else f"{words.among}{counted}"
        if whole == 1:
            return joined([among, words.one[0] if some else words.one[1]]) + self.coverage(figure)
        if some in (0, whole):
            change = self.change_of_rate(figure)
            said = joined([among, words.every if some else words.none, f"占比{change}" if figure.change else ""])
            return said + self.coverage(figure)
        rate = f"占{percent_text(figure.value)}"
        if whole - some == 1 and whole >= _MANY:
            parts = [among, f"仅1{words.unit}{words.lacking}", f"{words.which}{rate}", self.change_of_rate(figure)]
        else:
            only = "仅" if some == 1 and whole >= _MANY else ""
            begins = f"{'' if goes_on else '其中'}{words.which}{only}{display_number(some)}{words.unit}"
            parts = [among, begins, rate, self.change_of_rate(figure)]
        return joined(parts) + self.coverage(figure)

    def change_of_rate(self, figure: StoredFigure) -> str:
        """Return 较上月提高1.3个百分点, 与上月持平; "" without a comparable time before."""
        if figure.change is None:
            return ""
        amount = round(figure.change, 1)
        if not amount:
            return f"与{self.term.last}持平"
        return f"较{self.term.last}{'提高' if amount > 0 else '下降'}{points_text(abs(amount))}"

    def change_of_total(self, figure: StoredFigure, unit: str) -> str:
        """Return 较上月增加2项, 与上月持平; "" without a comparable time before."""
        if figure.change is None:
            return ""
        if not figure.change:
            return f"与{self.term.last}持平"
        return f"较{self.term.last}{'增加' if figure.change > 0 else '减少'}{display_number(abs(figure.change))}{unit}"

    def means(self, begins: str, words: Sequence[Mean], *, month: str = "") -> str:
        """Return 平均每个社区牌子5块、台账报表12种，分别比上年12月减少37.5%、20.0%（覆盖12个县（市、区））.

        `month` names the month that is compared, where `begins` speaks of a longer time.
        """
        pairs = [(word, figure) for word in words if (figure := self.known(word.code)) is not None]
        if not pairs:
            return ""
        coverages = [self.coverage(figure, compares=False) for _, figure in pairs]
        is_one = len(set(coverages)) == 1
        said = "、".join(
            _amount(word, figure) + ("" if is_one else coverage)
            for (word, figure), coverage in zip(pairs, coverages, strict=True)
        )
        return f"{joined([f'{begins}{said}', self._since_december(pairs, month)])}{coverages[0] if is_one else ''}"

    def _since_december(self, pairs: Sequence[tuple[Mean, StoredFigure]], month: str) -> str:
        """Return how the numbers of the same communities changed on last December; "" where none has both months."""
        changes = [
            (word.noun, *_changed(change)) for word, _ in pairs if (change := self.known(word.change)) is not None
        ]
        if not changes:
            return ""
        hows, amounts = {how for _, how, _ in changes}, [amount for _, _, amount in changes]
        is_of_several = len(changes) > 1
        if len(changes) < len(pairs) or len(hows) > 1:
            return f"{month}与上年12月相比，{'、'.join(f'{noun}{how}{amount}' for noun, how, amount in changes)}"
        (how,) = hows
        if not amounts[0]:
            return f"{month}{'均' if is_of_several else ''}与上年12月{how}"
        return f"{month}{'分别' if is_of_several else ''}比上年12月{how}{'、'.join(amounts)}"

    @property
    def last_month(self) -> str:
        """Return the last month of a quarter or year, which is compared with last December; "" in a month's issue."""
        return "" if self.span == "month" else month_in_words(self.month)


def _amount(word: Mean, figure: StoredFigure) -> str:
    """Return 牌子5块; 牌子为零 where there is none, 不足0.1块 where the mean would print as zero."""
    if not figure.numerator:
        return f"{word.noun}为零"
    if not figure.value:
        return f"{word.noun}不足0.1{word.unit}"
    return f"{word.noun}{display_number(figure.value)}{word.unit}"


def _changed(figure: StoredFigure) -> tuple[str, str]:
    """Return 减少 with 37.5%; 持平 where the sums are equal, 基本持平 where they differ by less than is printed."""
    if figure.numerator == figure.denominator:
        return "持平", ""
    if not figure.value:
        return "基本持平", ""
    return ("增加" if figure.value > 0 else "减少"), percent_text(abs(figure.value))


def sentence(*clauses: str, then: str = "") -> list[str]:
    """Return the clauses that say something as one paragraph, `then` as a sentence behind them; [] without any.

    Where each covers the same counties, that is said once, at the end: （以上覆盖12个县（市、区））.
    """
    said = [clause for clause in (*clauses, then) if clause]
    covered = {found.group() if (found := _COVERED.search(clause)) else "" for clause in said}
    once = ""
    if len(said) > 1 and len(covered) == 1 and (once := covered.pop()):
        clauses, then = tuple(clause.removesuffix(once) for clause in clauses), then.removesuffix(once)
        once = once.replace("覆盖", "以上覆盖")
    paragraph = joined([joined(clauses, by="；"), then], by="。")
    return [f"{paragraph}{once}。"] if paragraph else []
