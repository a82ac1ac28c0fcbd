"""Thresholds of checks: the numbers from which a figure is probably wrong, declared in `<app>/thresholds.py`.

An app declares a threshold with its default once, and its quality rules and row checks read it:

    LARGEST_AREA = Threshold("largest_area", "建筑面积最多", group="服务设施", unit="㎡", default=20_000, least=1_000, most=200_000)
    Facility.objects.filter(area__gt=occasion.thresholds[LARGEST_AREA])

The bureau changes the values from a month on (`periods.models.CheckThresholds`). All are whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from changzhi_portal.discovery import by_key, instances_in


@dataclass(frozen=True)
class Threshold:
    """One number of a check: how people call it, the group it is shown in, its default, and between what it may lie."""

    code: str
    title: str
    group: str
    unit: str
    default: int
    least: int
    most: int

    def in_words(self, value: int) -> str:
        """Return a value with its unit: 20,000㎡."""
        return f"{value:,}{self.unit}"


@dataclass(frozen=True)
class Thresholds:
    """The values in force in a month: those that were set, by code, and the default of every other threshold."""

    values: Mapping[str, int]

    def __getitem__(self, threshold: Threshold) -> int:
        return self.values.get(threshold.code, threshold.default)


DEFAULTS = Thresholds({})


@cache
def _by_code() -> dict[str, Threshold]:
    return by_key(instances_in("thresholds", Threshold), lambda threshold: threshold.code)


def declared_thresholds() -> tuple[Threshold, ...]:
    """Return every threshold of every app, in the order of the apps and of their declaration."""
    return tuple(_by_code().values())


def thresholds_by_group() -> dict[str, list[Threshold]]:
    """Return every threshold by the title of its group, as people read them."""
    grouped: dict[str, list[Threshold]] = {}
    for threshold in declared_thresholds():
        grouped.setdefault(threshold.group, []).append(threshold)
    return grouped


def changes_in_words(before: Thresholds, after: Thresholds) -> str:
    """Return what differs: 建筑面积最多20,000㎡→10,000㎡；…; "" if nothing does."""
    return "；".join(
        f"{each.title}{each.in_words(before[each])}→{each.in_words(after[each])}"
        for each in declared_thresholds()
        if before[each] != after[each]
    )
