"""The five grades by which residents judge, and the figures that are made of them (docs/domain.md §4.16).

Shared by all systems that ask for a judgement. Figures are exact; only what is printed is rounded, half up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from django.db import models

from changzhi_portal.percent import printed_percentage

_ONE_DECIMAL = Decimal("0.1")
# A mean of five is a full score of one hundred.
POINTS_PER_GRADE = 20


class Grade5(models.IntegerChoices):
    """A judgement in five grades, the best first."""

    VERY_SATISFIED = 5, "非常满意"
    SATISFIED = 4, "满意"
    FAIRLY_SATISFIED = 3, "基本满意"
    DISSATISFIED = 2, "不满意"
    VERY_DISSATISFIED = 1, "非常不满意"


# The columns in which the numbers of answers are kept, by grade, the best first.
GRADE_FIELDS: Mapping[Grade5, str] = {grade: grade.name.lower() for grade in Grade5}


@dataclass(frozen=True, slots=True)
class GradeCounts:
    """How many answers there are of each grade. An answer of 不了解 is none of them.

    Rates and score are None without an answer.
    """

    very_satisfied: int = 0
    satisfied: int = 0
    fairly_satisfied: int = 0
    dissatisfied: int = 0
    very_dissatisfied: int = 0

    @classmethod
    def of(cls, row: Any) -> GradeCounts:
        """Return the counts of a record that has a column for each grade; a blank one counts nothing."""
        return cls(*(getattr(row, name) or 0 for name in GRADE_FIELDS.values()))

    @classmethod
    def of_grades(cls, grades: Iterable[int]) -> GradeCounts:
        """Return the counts of single judgements. Raises ValueError for one that is no grade."""
        numbers = dict.fromkeys(Grade5, 0)
        for grade in grades:
            numbers[Grade5(grade)] += 1
        return cls(*numbers.values())

    def __add__(self, other: GradeCounts) -> GradeCounts:
        """Return the answers of both together."""
        return GradeCounts(*(own + more for own, more in zip(astuple(self), astuple(other), strict=True)))

    @property
    def numbers(self) -> tuple[tuple[Grade5, int], ...]:
        """Return each grade with its number of answers, the best first."""
        return tuple(zip(Grade5, astuple(self), strict=True))

    @property
    def valid(self) -> int:
        """Return the number of valid answers (有效答卷)."""
        return sum(number for _, number in self.numbers)

    @property
    def content(self) -> int:
        """Return the number of answers that count as satisfied: 5, 4 and 3."""
        return self.very_satisfied + self.satisfied + self.fairly_satisfied

    @property
    def bad(self) -> int:
        """Return the number of bad judgements (差评): 2 and 1."""
        return self.dissatisfied + self.very_dissatisfied

    @property
    def satisfaction(self) -> Fraction | None:
        """Return 满意率: (5 + 4 + 3) ÷ n, as a part of 1."""
        return self._rate(self.content)

    @property
    def approval(self) -> Fraction | None:
        """Return 好评率: (5 + 4) ÷ n, as a part of 1."""
        return self._rate(self.very_satisfied + self.satisfied)

    @property
    def bad_rate(self) -> Fraction | None:
        """Return 差评率: (2 + 1) ÷ n, as a part of 1."""
        return self._rate(self.bad)

    @property
    def score(self) -> Fraction | None:
        """Return 得分: the mean grade × 20, from 20 to 100."""
        points = sum(int(grade) * number for grade, number in self.numbers)
        return Fraction(points * POINTS_PER_GRADE, self.valid) if self.valid else None

    def _rate(self, part: int) -> Fraction | None:
        return Fraction(part, self.valid) if self.valid else None


def printed_rate(rate: Fraction | None) -> Decimal | None:
    """Return a rate in percent with one decimal, as `changzhi_portal.percent` prints; None stays None."""
    return None if rate is None else printed_percentage(100 * rate)


def printed_score(score: Fraction | None) -> Decimal | None:
    """Return a score with one decimal, half up; None stays None."""
    if score is None:
        return None
    return (Decimal(score.numerator) / score.denominator).quantize(_ONE_DECIMAL, ROUND_HALF_UP)
