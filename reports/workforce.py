"""The lists behind the numbers of social workers on the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from communities.models import Division
from periods.models import ReportingPeriod
from targets.addresses import place_asked


@dataclass(frozen=True)
class WorkforceLists:
    """The addresses of the workers at post in a division on the last day of a month.

    The register says what it knows today: whoever was entered, corrected or moved to another office after the month was
    measured is told by the list and not by the number.
    """

    period: ReportingPeriod
    division: Division

    @property
    def workers(self) -> str:
        """Return the address of all of them."""
        return self._of()

    @property
    def professionals(self) -> str:
        """Return the address of those who are 社会工作专业人才."""
        return self._of(("professional", "yes"))

    def _of(self, *also: tuple[str, str]) -> str:
        asked = [("on_day", self.period.as_of.isoformat()), *also, *place_asked(self.division)]
        return f"{reverse('socialworkers:list')}?{urlencode(asked)}"
