"""The addresses of the list of a month's results, for every number that such a list is behind."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlencode

from django.urls import get_script_prefix, reverse

from communities.models import Division

THEN, NOW = "then", "now"


class HasCode(Protocol):
    """A plan, month or target: whatever an address names by its code."""

    @property
    def code(self) -> str: ...  # noqa: D102


def results_address(
    *,
    plan: HasCode | str,
    period: HasCode | str,
    target: HasCode | str,
    verdict: Iterable[str] = (),
    division: Division | None = None,
    boundaries: str = THEN,
) -> str:
    """Return the address of the list of a month's results for one target.

    Plan, month and target are given themselves or by their codes; "" is the plan that the month was judged by.
    `verdict` are the verdicts listed, by default all.
    `division` narrows the list to a county or town; a city does not. `boundaries` is THEN or NOW.
    """
    named = (("period", _code(period)), ("plan", _code(plan)), ("target", _code(target)))
    asked = [(name, code) for name, code in named if code]
    asked += [("verdict", str(each)) for each in verdict]
    if division is not None:
        asked += place_asked(division)
    if boundaries != THEN:
        asked.append(("boundaries", boundaries))
    return _address(tuple(asked), get_script_prefix())


# A page has hundreds of them, and mostly those that the page before had.
@lru_cache(maxsize=8192)
def _address(asked: tuple[tuple[str, str], ...], prefix: str) -> str:
    """Return the address with a query; `prefix` is where the portal is served, which `reverse` looks at."""
    return f"{reverse('targets:results')}?{urlencode(asked)}"


def _code(named: HasCode | str) -> str:
    return named if isinstance(named, str) else named.code


def place_asked(division: Division) -> list[tuple[str, str]]:
    """Return the parameters by which a list is narrowed to a county or town; none for the city."""
    if division.level == Division.Level.TOWN and division.parent is not None:
        return [("county", division.parent.code), ("town", division.code)]
    return [("county", division.code)] if division.level == Division.Level.COUNTY else []
