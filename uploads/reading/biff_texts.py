"""Shared texts of an .xls (Excel 97) of which a part is struck through or raised; see `rich_text`."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from uploads.reading.markup_cells import Part, kept_apart

_STRIKE_OUT: Final = 0x08
_SCRIPTS: Final = {1: "raised", 2: "lowered"}
_WIDE, _EXTENDED, _RICH = 0x01, 0x04, 0x08
_MISSING_FONT: Final = 4  # no font has this number; those after it are one less in the list

Runs = list[tuple[int, int]]  # where a font begins in a text, and its number


class Font(NamedTuple):
    """What a font does to a part of a text."""

    is_struck: bool = False
    script: str = ""  # as `Part.script`


def font_of(content: bytes) -> Font:
    """Return the font of a FONT record."""
    if len(content) < 10:
        return Font()
    flags, script = content[2], int.from_bytes(content[8:10], "little")
    return Font(bool(flags & _STRIKE_OUT), _SCRIPTS.get(script, ""))


def font_numbered(fonts: Sequence[Font], number: int) -> Font:
    """Return the font that records call by a number."""
    index = number - 1 if number > _MISSING_FONT else number
    return fonts[index] if index < len(fonts) else Font()


def rich_texts(blocks: Sequence[bytes]) -> dict[int, tuple[str, Runs]]:
    """Return by number the shared texts that have parts in other fonts.

    `blocks` are the contents of the SST record and of the CONTINUE records after it.
    """
    found = {}
    try:
        for number, (text, runs) in enumerate(_Texts(blocks)):
            if runs:
                found[number] = text, runs
    except (struct.error, IndexError):  # a damaged table; what was read before it counts
        return found
    return found


def text_kept_apart(text: str, runs: Runs, fonts: Sequence[Font], own: Font) -> str | None:
    """Return a text as it is to be read in a cell whose own font is `own`; None if that is as its characters."""
    ends = [*(start for start, _ in runs[1:]), len(text)]
    parts = [Part(text[: runs[0][0]], own.is_struck)]
    for (start, number), end in zip(runs, ends, strict=True):
        font = font_numbered(fonts, number)
        parts.append(Part(text[start:end], font.is_struck, font.script))
    kept = "".join(kept_apart(parts))
    return None if kept == text else kept.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _Texts:
    """The texts of a table that may be broken anywhere: inside characters a new block says again how wide they are."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._block = next(self._blocks, b"")
        self._at = 0

    def __iter__(self) -> Iterator[tuple[str, Runs]]:
        """Yield each text and its runs: where a font begins, and its number."""
        _, count = struct.unpack("<II", self._take(8))
        for _ in range(count):
            length, flags = struct.unpack("<HB", self._take(3))
            runs = struct.unpack("<H", self._take(2))[0] if flags & _RICH else 0
            extra = struct.unpack("<I", self._take(4))[0] if flags & _EXTENDED else 0
            text = self._characters(length, is_wide=bool(flags & _WIDE))
            yield text, [struct.unpack("<HH", self._take(4)) for _ in range(runs)]
            self._take(extra)

    def _take(self, size: int) -> bytes:
        """Return the next bytes, over the ends of blocks; fewer raise struct.error where they are unpacked."""
        taken = b""
        while size > len(taken) and (self._at < len(self._block) or self._next_block()):
            piece = self._block[self._at : self._at + size - len(taken)]
            self._at += len(piece)
            taken += piece
        return taken

    def _next_block(self) -> bool:
        self._block, self._at = next(self._blocks, b""), 0
        return self._block != b""

    def _characters(self, length: int, *, is_wide: bool) -> str:
        text = ""
        while len(text) < length:
            if self._at >= len(self._block):
                if not self._next_block():
                    raise struct.error("The table of texts ends inside a text.")
                is_wide = bool(self._block[0] & _WIDE)
                self._at = 1
            width = 2 if is_wide else 1
            size = min(width * (length - len(text)), (len(self._block) - self._at) // width * width)
            if not size:
                raise struct.error("A text is broken inside a character.")
            piece = self._block[self._at : self._at + size]
            self._at += size
            # A pair of surrogates counts as two characters, also for the runs.
            text += "".join(map(chr, struct.unpack(f"<{size // 2}H", piece))) if is_wide else piece.decode("latin-1")
        return text
