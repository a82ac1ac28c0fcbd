"""Numbers in codes: 3 digits for a town in its county, 3 for a community in its town (docs/domain.md §3.1)."""

from __future__ import annotations

from collections.abc import Collection

# First and last number of 街道, 镇, 乡 and others, and of 居委会, 村委会 and others.
TOWN_CLASSES = ((1, 99), (100, 199), (200, 399), (400, 999))
COMMUNITY_CLASSES = ((1, 199), (200, 399), (400, 999))
DIGITS = 3
# GB/T 2260: the last two of a county's six digits are 01–20 for an urban district (市辖区), 21–80 for a county
# and 81–99 for a county-level city.
LAST_URBAN_DISTRICT = 20


def is_urban_district(county_code: str) -> bool:
    """Return whether a county's code is that of an urban district (市辖区)."""
    return 0 < int(county_code[4:6]) <= LAST_URBAN_DISTRICT


def code_within(above: str, number: str, taken: Collection[str], classes: tuple[tuple[int, int], ...]) -> str:
    """Return the code `above` + `number`; when it is taken, the first free number of the same class, else any free one.

    Raises ValueError when all 999 numbers are taken.
    """
    if (preferred := f"{above}{number}") not in taken:
        return preferred
    first, last = next((c for c in classes if c[0] <= int(number) <= c[1]), classes[-1])
    for candidate in (*range(first, last + 1), *range(1, 10**DIGITS)):
        if (code := f"{above}{candidate:0{DIGITS}d}") not in taken:
            return code
    raise ValueError(f"No number is left below {above}.")
