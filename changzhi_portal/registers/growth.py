"""Uploads that would multiply what a register holds, about which the user is asked (docs/spreadsheets.md §3.4).

A file of another office, one pasted several times or one whose place column was filled down to its end has no wrong cell.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# Of all records of an office. A register that holds none yet is not multiplied: the first upload of a county has some
# thousand rows. Below 500 rows the preview can be read; an office doubles its register in a month when towns that had
# not reported do so, but hardly makes it three times as large.
MOST_NEW_RECORDS = 500
MOST_TIMES_THE_RECORDS = 3

# Of one community. The targets ask for 10 organizations and 5 professionals; the largest communities have some 60
# organizations. Below 30 rows five times a former number may be a community's first complete report.
MOST_NEW_OF_ONE_COMMUNITY = 100
FEWEST_NEW_OF_ONE_COMMUNITY = 30
MOST_TIMES_OF_ONE_COMMUNITY = 5


@dataclass(frozen=True, slots=True)
class Growth:
    """How many records there were at one place, a community or (then `place` is "") the whole office, and would be."""

    place: str
    before: int
    after: int

    @property
    def sentence(self) -> str:
        """Return the question to the user."""
        where = f"“{self.place}”" if self.place else "本单位"
        return f"{where}原有{self.before}条，入库后有{self.after}条"

    def as_json(self) -> dict[str, Any]:
        """Return it as `UploadBatch.growth` stores it."""
        return asdict(self)


def multiplies_register(before: int, new: int) -> bool:
    """Tell whether `new` records are too many beside the `before` of an office to be written without a question."""
    return before > 0 and new > MOST_NEW_RECORDS and before + new >= MOST_TIMES_THE_RECORDS * before


def multiplies_community(before: int, new: int) -> bool:
    """Tell whether `new` records are too many beside the `before` of a community to be written without a question."""
    if new > MOST_NEW_OF_ONE_COMMUNITY:
        return True
    is_many = new >= FEWEST_NEW_OF_ONE_COMMUNITY
    return is_many and before > 0 and before + new >= MOST_TIMES_OF_ONE_COMMUNITY * before
