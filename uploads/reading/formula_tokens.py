"""The compiled formulas of an .xls ([MS-XLS] 2.5.198): whether a formula can only give a number."""

from __future__ import annotations

from typing import Final

# Bytes of a token with its operands, by token; those of class tokens by their reference class (0x20–0x3D).
_SIZES: Final[dict[int, int]] = {
    **dict.fromkeys([0x01, 0x02], 5),
    **dict.fromkeys(range(0x03, 0x17), 1),
    **dict.fromkeys([0x1C, 0x1D], 2),
    0x1E: 3,
    0x1F: 9,
    0x20: 8,
    0x21: 3,
    0x22: 4,
    **dict.fromkeys([0x23, 0x24, 0x2A, 0x2C], 5),
    **dict.fromkeys([0x25, 0x2B, 0x2D], 9),
    **dict.fromkeys([0x26, 0x27, 0x28, 0x39, 0x3A, 0x3C], 7),
    0x29: 3,
    **dict.fromkeys([0x3B, 0x3D], 11),
}
_TEXT, _ATTRIBUTE, _PARENTHESIS = 0x17, 0x19, 0x15
_CHOOSE, _GO_TO, _SUM = 0x04, 0x08, 0x10  # kinds of attributes
_NUMBERS: Final = frozenset([0x1E, 0x1F])
_ARITHMETIC: Final = frozenset([*range(0x03, 0x08), *range(0x12, 0x15)])  # + - * / ^, signs, %
_FUNCTION, _FUNCTION_OF_ANY = 0x21, 0x22  # with a fixed, with any number of arguments
_IF: Final = 1
# COUNT SUM AVERAGE MIN MAX ABS INT ROUND LEN VALUE MOD DATE DAY MONTH YEAR COUNTA PRODUCT ROUNDUP ROUNDDOWN TODAY
# SUMPRODUCT SUBTOTAL SUMIF COUNTIF COUNTBLANK DATEDIF
_NUMERIC: Final = frozenset(
    [0, 4, 5, 6, 7, 24, 25, 27, 32, 33, 39, 65, 67, 68, 69, 169, 183, 212, 213, 221, 228, 344, 345, 346, 347, 351]
)


def gives_number(record: bytes) -> bool:
    """Return whether the last operation of a compiled formula gives a number; False for what is not understood.

    `record` is the end of a FORMULA record of Excel 97 to 2003: the length of the formula, then its tokens.
    """
    end = 2 + int.from_bytes(record[:2], "little")
    at, is_number = 2, False
    branches: list[bool] = []  # of IF: whether each gives a number; a jump to the end follows each
    while at + 1 <= min(end, len(record)):
        token = record[at]
        if token >= 0x40:
            token = (token & 0x1F) | 0x20
        size = _SIZES.get(token, 0)
        if token == _TEXT and at + 2 < len(record):
            size = 3 + record[at + 1] * (2 if record[at + 2] & 1 else 1)
        elif token == _ATTRIBUTE and at + 3 < len(record):
            kind, operand = record[at + 1], int.from_bytes(record[at + 2 : at + 4], "little")
            size = 4 + 2 * (operand + 1) if kind == _CHOOSE else 4
            if kind == _GO_TO:
                branches.append(is_number)
            is_number = is_number or kind == _SUM
        elif token in (_FUNCTION, _FUNCTION_OF_ANY):
            name = int.from_bytes(record[at + size - 2 : at + size], "little") & 0x7FFF
            is_number = name in _NUMERIC or (name == _IF and bool(branches) and all(branches))
        elif token != _PARENTHESIS:
            is_number = token in _ARITHMETIC or token in _NUMBERS
        if not size:
            return False
        at += size
    return is_number
