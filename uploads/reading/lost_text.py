"""Telling a sheet whose Chinese was lost when it was saved: a program or a code page without it has written ? or _ instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from uploads.reading.grid import Grid
from uploads.reading.header_search import LAST_FIRST_ROW, TALLEST

FEWEST_LOST: Final = 2  # lost labels in one row; a single one is a line to write on, or a word of doubt
_SIGN: Final = re.compile(r"[?？_\ufffd□〓]|锟斤拷|锟")  # 锟斤拷: U+FFFD of UTF-8, read as GBK
_LETTER: Final = re.compile(r"[^\W\d_]")
_SHOWN: Final = 4  # signs of the label in the sentence


def lost_sign(grids: Sequence[Grid]) -> str:
    """Return what stands in place of the characters ("????") if the texts at the top of a sheet are mostly lost; else "".

    A label is lost when it has at least two signs, more than it has letters (`created_by_user` has fewer), and no Chinese
    (姓名：____ is a line to write on). It takes a row with two lost labels, and more lost ones than other texts with
    letters: in a table of Latin text with ruled lines both occur.
    """
    return next((sign for grid in grids if (sign := _lost_sign(grid))), "")


def _lost_sign(grid: Grid) -> str:
    first, most, lost, kept = "", 0, 0, 0
    for row in grid.rows[: LAST_FIRST_ROW + TALLEST]:
        texts = [cell for cell in row if isinstance(cell, str) and cell]
        signs = [sign for text in texts if (sign := _sign_of(text))]
        if len(signs) > most:
            first, most = signs[0], len(signs)
        lost += len(signs)
        kept += sum(1 for text in texts if not _sign_of(text) and _LETTER.search(text))
    return first if most >= FEWEST_LOST and lost > kept else ""


def _sign_of(text: str) -> str:
    """Return the signs of a lost label as they are shown in the sentence; "" for any other text."""
    signs = _SIGN.findall(text)
    letters = _LETTER.findall(_SIGN.sub("", text))
    if len(signs) < FEWEST_LOST or len(letters) >= len(signs) or not all(map(str.isascii, letters)):
        return ""
    return "".join(signs[:_SHOWN])
