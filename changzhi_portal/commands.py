"""What the portal's commands share: how they say that they could not run (docs/operations.md)."""

from __future__ import annotations

from typing import Final

# Exit status: an unknown user, register, month or division, or a refusal; nothing was changed.
COULD_NOT_RUN: Final = 3
