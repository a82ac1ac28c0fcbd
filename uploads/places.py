"""Where the personal values of an upload are stored, which their ciphertexts are bound to (ADR 0028).

A staged value is bound to its cell in the file: the digest of the file, the register, the position of
the row and the column. So the
rows of an earlier upload of the same file can be copied as they are (`uploads.reuse`). A correction made in the page is
bound to its batch.
"""

from __future__ import annotations

from changzhi_portal.personal import Place


def row_of_file(sha256: str, register: str, position: int) -> Place:
    """Return the place of a staged row, to which a column adds its name. One file may have rows of several registers."""
    return Place(f"uploads.uploadrow/{sha256}/{register}/{position}")


def cell_of(row: Place, field: str) -> Place:
    """Return the place of a cell of a staged row as it was written."""
    return Place(f"{row}/raw/{field}")


def correction_of(batch_ref: str, sheet: str, row_number: int, field: str) -> Place:
    """Return the place of a cell that was corrected in the page. The name of the sheet, which may hold anything, is last."""
    return Place(f"uploads.uploadbatch.corrections/{batch_ref}/{row_number}/{field}/{sheet}")


def original_of(batch_ref: str) -> Place:
    """Return the place of the file of a batch."""
    return Place(f"uploads.uploadbatch.stored_as/{batch_ref}")
