"""Figures and indicators counted from communities' facilities, bodies and monthly counts (docs/domain.md §5)."""

from communities.indicators.bodies import BODIES_COMPLETE
from communities.indicators.counts import (
    CERTIFICATES,
    CERTIFICATES_CHANGE,
    INSPECTIONS,
    INSPECTIONS_CHANGE,
    LEADERS,
    LEDGERS,
    LEDGERS_CHANGE,
    MEETINGS,
    MEETINGS_CHANGE,
    SIGNS,
    SIGNS_CHANGE,
)
from communities.indicators.facilities import FACILITIES, FACILITY_AREA, NUMBER_OF_FACILITIES
from communities.indicators.uses import AREA_OPENED, FACILITY_COVER, FIVE_FUNCTIONS, MULTI_USE

__all__ = [
    "AREA_OPENED",
    "BODIES_COMPLETE",
    "CERTIFICATES",
    "CERTIFICATES_CHANGE",
    "FACILITIES",
    "FACILITY_AREA",
    "FACILITY_COVER",
    "FIVE_FUNCTIONS",
    "INSPECTIONS",
    "INSPECTIONS_CHANGE",
    "LEADERS",
    "LEDGERS",
    "LEDGERS_CHANGE",
    "MEETINGS",
    "MEETINGS_CHANGE",
    "MULTI_USE",
    "NUMBER_OF_FACILITIES",
    "SIGNS",
    "SIGNS_CHANGE",
]
