"""How the API writes registers: with the change log, as everybody does."""

from __future__ import annotations

from changelog.actions import write_rows
from changzhi_portal.registers.batches import BatchWriter

WRITER = BatchWriter(write_rows)
