"""What the API asks of the change log: how registers are written, and what has changed in them."""

from __future__ import annotations

from changelog.actions import write_rows
from changelog.feed import Touched, position_of
from changzhi_portal.registers.batches import BatchWriter
from changzhi_portal.registers.feed import ChangeFeed

WRITER = BatchWriter(write_rows)
FEED = ChangeFeed(position_of, Touched)
