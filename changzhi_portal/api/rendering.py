"""How the API writes JSON."""

from __future__ import annotations

from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


class JsonRenderer(BaseRenderer):
    """Write an answer as JSON: days and times ISO 8601, whatever else is no kind of JSON by its text.

    Decimal numbers are so written with all their places, and personal values as their masks.
    """

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8 (RFC 8259 §8.1)

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Return the answer's bytes; none for None, as with 304."""
        return b"" if data is None else orjson.dumps(data, default=str)
