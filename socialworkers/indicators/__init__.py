"""Indicators and figures of social workers (docs/domain.md §5)."""

from socialworkers.indicators.talent import CONVERSION, HIRED, HOURS_OK, POSTS_FILLED, TRAINED
from socialworkers.indicators.workers import (
    LEVEL,
    NUMBER_OF_COMMUNITY_WORKERS,
    NUMBER_OF_WORKERS,
    POSTINGS,
    PROFESSIONALS,
)

__all__ = [
    "CONVERSION",
    "HIRED",
    "HOURS_OK",
    "LEVEL",
    "NUMBER_OF_COMMUNITY_WORKERS",
    "NUMBER_OF_WORKERS",
    "POSTINGS",
    "POSTS_FILLED",
    "PROFESSIONALS",
    "TRAINED",
]
