"""What a format is: it writes rows into a file as they come."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, ClassVar

import tablib
from import_export.formats.base_formats import Format

from changzhi_portal.pages.exported import Value

Row = Sequence[Value]
MOST_ZEROS = 2  # places after the point that may be 0


@dataclass(frozen=True)
class Head:
    """What stands above the rows: the list's title, and the names and headers of the columns."""

    title: str
    keys: Sequence[str]
    headers: Sequence[str]
    made_at: datetime.datetime


class StreamedFormat(Format):
    """A format of django-import-export that holds one row at a time."""

    suffix: ClassVar[str]
    title: ClassVar[str]
    content_type: ClassVar[str]
    # The most rows that a file can hold.
    most_rows: ClassVar[int | None] = None

    def write(self, head: Head, rows: Iterable[Row], file: IO[bytes]) -> None:
        """Write the rows into a file that is open for binary writing and can be sought in; it stays open."""
        raise NotImplementedError(f"{type(self).__name__} must say how it writes.")

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        """Return a dataset of the library as a file, as its own formats do."""
        file = io.BytesIO()
        headers = dataset.headers or []
        head = Head(dataset.title or "", headers, headers, datetime.datetime.now(tz=datetime.UTC))
        self.write(head, iter(dataset), file)
        return file.getvalue()

    def get_title(self) -> str:
        """Return what people call the format."""
        return self.title

    def get_extension(self) -> str:
        """Return how names of files end, without the dot."""
        return self.suffix

    def get_content_type(self) -> str:
        """Return the media type."""
        return self.content_type

    def can_export(self) -> bool:
        """Return that lists are exported in it."""
        return True


def places_of(value: Decimal) -> int:
    """Return how many places a number is written with: those that it has, but beyond MOST_ZEROS none that are 0.

    What a database has computed comes with a dozen: 134.950000000000.
    """
    _, digits, exponent = value.as_tuple()
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    zeros = places if value == 0 else next(count for count, digit in enumerate(reversed(digits)) if digit)
    return max(places - zeros, min(places, MOST_ZEROS))


def number_text(value: Decimal) -> str:
    """Return a decimal number without an exponent: 520.50, 134.95."""
    return format(value, f".{places_of(value)}f") if value.is_finite() else format(value, "f")
