"""The ciphertexts of uploads: values and cells of staged rows, corrections, and the stored files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q

from changzhi_portal.personal import Place, is_wiped, newest_key_id
from changzhi_portal.personal.stores import ROWS_AT_ONCE, Ciphertext, Replace, Row, SealedFiles, SealedJson
from changzhi_portal.registers.columns.personal import PersonalColumn
from changzhi_portal.registers.registry import register_named, registers
from uploads import storage
from uploads.models import UploadBatch, UploadRow
from uploads.places import cell_of, correction_of, original_of, row_of_file
from uploads.rows.raw_cells import SEALED


def _personal_columns(register: str) -> dict[str, PersonalColumn]:
    columns = register_named(register).columns if register else ()
    return {column.field: column for column in columns if isinstance(column, PersonalColumn)}


def _walk_row(row: Row, replace: Replace) -> dict[str, Any]:
    place = row_of_file(row["batch__sha256"], row["position"])
    columns = _personal_columns(row["batch__register"])
    values = {
        name: replace(Ciphertext(value, columns[name].place_in(place), columns[name].kind))
        if name in columns and not is_wiped(value)
        else value
        for name, value in row["values"].items()
    }
    return {"values": values, "raw": {name: _cell(cell, cell_of(place, name), replace) for name, cell in row["raw"].items()}}


def _cell(cell: Any, place: Place, replace: Replace) -> Any:
    if isinstance(cell, dict) and SEALED in cell:
        return {SEALED: replace(Ciphertext(cell[SEALED], place, ""))}
    return cell


def _walk_corrections(row: Row, replace: Replace) -> dict[str, Any]:
    columns = _personal_columns(row["register"])
    corrections = []
    for made in row["corrections"]:
        if made["field"] in columns:
            place = correction_of(row["ref"], made["sheet"], made["row"], made["field"])
            made = made | {"text": replace(Ciphertext(made["text"], place, ""))}
        corrections.append(made)
    return {"corrections": corrections}


def _rows_with_numbers() -> Q:
    """Return the condition on staged rows that may hold a ciphertext: of a register with personal columns, or a raw cell."""
    names = [register.name for register in registers() if _personal_columns(register.name)]
    return Q(batch__register__in=names) | ~Q(raw={})


STAGED_ROWS = SealedJson(
    UploadRow,
    columns=("values", "raw"),
    needs=("position", "batch__sha256", "batch__register"),
    walk=_walk_row,
    among=_rows_with_numbers,
)
CORRECTIONS = SealedJson(
    UploadBatch,
    columns=("corrections",),
    needs=("ref", "register"),
    walk=_walk_corrections,
    among=lambda: ~Q(corrections=[]),
)


class Originals(SealedFiles):
    """The stored files, told by the keys of their batches."""

    name = "uploads.uploadbatch files"

    def keys(self) -> Iterator[int]:
        """See SealedFiles."""
        batches = UploadBatch.objects.exclude(stored_as="").order_by("pk")
        last = 0
        while keys := list(batches.filter(pk__gt=last).values_list("pk", flat=True)[:ROWS_AT_ONCE]):
            yield from keys
            last = keys[-1]

    def key_id(self, key: int) -> str | None:
        """See SealedFiles."""
        return storage.key_id_of_original(UploadBatch.objects.get(pk=key))

    def encrypt_again(self, key: int) -> None:
        """See SealedFiles. The batch is locked meanwhile, so that its file is not deleted and brought back."""
        with transaction.atomic():
            batch = UploadBatch.objects.locked().get(pk=key)
            if batch.stored_as and storage.key_id_of_original(batch) not in {None, newest_key_id()}:
                storage.encrypt_original_again(batch)

    def place(self, key: int) -> str:
        """See SealedFiles."""
        return original_of(UploadBatch.objects.values_list("ref", flat=True).get(pk=key))


ORIGINALS = Originals()
