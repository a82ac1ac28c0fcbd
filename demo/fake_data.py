"""Generator of invented but well-formed values: names of people, ID numbers, credit codes, phone numbers, days.

The random generator has a fixed seed, so the demo is the same on every machine. ID numbers start with 140401, credit
codes contain DEM, and phone numbers are of the block 1990000xxxx, so none can be mistaken for a real one.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

Item = TypeVar("Item")
SEED = "长治市演示数据"
AREA_OF_ID_NUMBERS = "140401"  # 市辖区 of GB/T 2260: a valid code that belongs to no county
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎申牛秦原暴"
)
_FIRST = "建国志文明海晓玉春永红秀丽金小俊晋德世庆素爱瑞新立振向宏亚雅"
_MALE_LAST = "军强伟平刚勇斌峰亮波涛鹏杰龙飞旺田林山民生"
_FEMALE_LAST = "芳英丽敏娟霞艳玲燕红梅萍云洁琴香花兰莲婷"
# GB 11714: the weights of the eight characters of an organization code.
_ORGANIZATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANIZATION_CHECKS = "0123456789X"


class FakeData:
    """A stream of invented values, usually for one register of one county; the same `names` give the same stream."""

    def __init__(self, *names: str) -> None:
        self._random = random.Random(":".join((SEED, *names)))  # noqa: S311 - invents data, protects nothing

    def chance(self, probability: float) -> bool:
        """Return True with the given probability (0–1)."""
        return self._random.random() < probability

    def number(self, low: int, high: int) -> int:
        """Return a whole number between the bounds, both included."""
        return self._random.randint(low, high)

    def about(self, mean: float) -> int:
        """Return `mean` rounded down or up at random, so that the average of many calls is `mean`."""
        whole = int(mean)
        return whole + self.chance(mean - whole)

    def around(self, median: float, spread: float) -> float:
        """Return a log-normally distributed figure, as sizes of places are; `spread` is the sigma of its logarithm."""
        return median * self._random.lognormvariate(0, spread)

    def one_of(self, items: Sequence[Item]) -> Item:
        """Return one of the items, all equally likely."""
        return self._random.choice(items)

    def weighted(self, shares: dict[Item, float]) -> Item:
        """Return one of the keys, with a probability in proportion to its value."""
        return self._random.choices(list(shares), weights=list(shares.values()))[0]

    def some_of(self, items: Sequence[Item], count: int) -> list[Item]:
        """Return `count` different items (all when there are fewer) in random order."""
        return self._random.sample(list(items), min(count, len(items)))

    def shuffled(self, items: Iterable[Item]) -> list[Item]:
        """Return all items in random order."""
        mixed = list(items)
        self._random.shuffle(mixed)
        return mixed

    def day_in(self, month: datetime.date) -> datetime.date:
        """Return a day of a month up to the 24th, so that the office can report it in the same month."""
        return month.replace(day=self.number(1, 24))

    def day(self, first: datetime.date, last: datetime.date) -> datetime.date:
        """Return a day between the two days, both included."""
        return first + datetime.timedelta(days=self._random.randint(0, (last - first).days))

    def person(self, *, is_male: bool) -> str:
        """Return a person's name of two or three characters."""
        middle = self.one_of(_FIRST) if self.chance(0.75) else ""
        return self.one_of(_SURNAMES) + middle + self.one_of(_MALE_LAST if is_male else _FEMALE_LAST)


def id_number(serial: int, *, born: datetime.date, is_male: bool) -> str:
    """Return a valid 18-character ID number; `serial` (below 500) distinguishes people born on the same day."""
    sequence = serial * 2 + (1 if is_male else 0)  # GB 11643: odd for men
    first = f"{AREA_OF_ID_NUMBERS}{born:%Y%m%d}{sequence:03d}"
    return first + str(mod_11_2.calc_check_digit(first))


def credit_code(kind: str, county_code: str, serial: int) -> str:
    """Return a valid 统一社会信用代码; `kind` is 51 (社会团体) or 52 (民办非企业单位), `serial` is below 100,000."""
    body = f"DEM{serial:05d}"
    total = sum(int(sign, 36) * weight for sign, weight in zip(body, _ORGANIZATION_WEIGHTS, strict=True))
    first = f"{kind}{county_code}{body}{_ORGANIZATION_CHECKS[-total % 11]}"
    return first + str(uscc.calc_check_digit(first))


def phone(serial: int) -> str:
    """Return a phone number of the invented block 1990000xxxx."""
    return f"1990000{serial % 10_000:04d}"
