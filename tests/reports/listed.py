"""Lists of invented communities under one target, and the figures that they have, counted another way than the portal does."""

from __future__ import annotations

from reports.stored_figures import BriefingFigures
from reports.unit_lists import IssueLists, ListedCommunities, TargetList
from tests.reports.briefings import division, figures, target

# How verdicts are stored, and the counts that they are counted in.
LETTERS = "moun?"
WORDS = ("met", "over", "unmet", "not_applicable", "unknown")


def made_lists(judged: list[tuple[str, str, float]]) -> IssueLists:
    """Return lists of one target from (county, letter, missing); communities in the given order."""
    number = len(judged)
    communities = ListedCommunities(
        code=tuple(f"{county}001{position:03}" for position, (county, _, _) in enumerate(judged)),
        name=tuple(f"社区{position}" for position in range(number)),
        kind=("urban",) * number,
        county=tuple(county for county, _, _ in judged),
        town=tuple(f"{county}001" for county, _, _ in judged),
        households=(None,) * number,
        residents=(100,) * number,
    )
    codes = {"140402": "城区", "140423": "襄垣县", "140402001": "东街街道", "140423001": "古韩镇"}
    listed = TargetList(
        target="urban_facility_area",
        level="community",
        units=tuple(range(number)),
        verdicts="".join(letter for _, letter, _ in judged),
        values=tuple(None if letter == "?" else 500 - missing for _, letter, missing in judged),
        missing=tuple(missing if letter == "u" else None for _, letter, missing in judged),
    )
    return IssueLists("2018-06", "140400", False, codes, communities, (), (listed,))


def counted_figures(judged: list[tuple[str, str, float]]) -> BriefingFigures:
    """Return the figures that these units have, counted by hand."""

    def counts(units):
        values = {word: sum(letter == own for _, own, _ in units) for letter, word in zip(LETTERS, WORDS, strict=True)}
        gap = sum(round(100 * missing) for _, letter, missing in units if letter == "u")
        return {**values, "judged": len(units) - values["not_applicable"], "gap": gap / 100}

    rows = []
    for code, name in (("140402", "城区"), ("140423", "襄垣县")):
        own = counts([unit for unit in judged if unit[0] == code])
        rows.append(division(code, name, own.pop("judged"), own.pop("met"), **own))
    counted = target(divisions=rows, farthest=None, **counts(judged))
    return figures(targets=[counted], shortfalls={"targets": [], "rows": []})
