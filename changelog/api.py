"""What the API asks of the change log."""

from __future__ import annotations

from changelog.feed import Touched, position_of
from changzhi_portal.registers.feed import ChangeFeed

FEED = ChangeFeed(position_of, Touched)
