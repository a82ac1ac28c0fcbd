"""The ciphertexts of uploads: values and cells of staged rows, corrections, and the stored files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from changzhi_portal.personal import Place, is_wiped, newest_key_id
from changzhi_portal.personal.stores import (
    ROWS_AT_ONCE,
    Ciphertext,
    HeldLine,
    Replace,
    Row,
    SealedFiles,
    SealedJson,
)
from changzhi_portal.registers.columns.personal import PersonalColumn
from changzhi_portal.registers.registry import register_named, register_of, registers
from changzhi_portal.rights import Actor
from uploads import storage
from uploads.models import UploadBatch, UploadRow
from uploads.places import cell_of, correction_of, original_of, row_of_file
from uploads.rows.raw_cells import SEALED


def _personal_columns(register: str) -> dict[str, PersonalColumn]:
    columns = register_named(register).columns if register else ()
    return {column.field: column for column in columns if isinstance(column, PersonalColumn)}


def _walk_row(row: Row, replace: Replace) -> dict[str, Any]:
    place = row_of_file(row["batch__sha256"], row["batch__register"], row["position"])
    columns = _personal_columns(row["batch__register"])
    values = {
        name: replace(Ciphertext(value, columns[name].place_in(place), columns[name].kind))
        if name in columns and not is_wiped(value)
        else value
        for name, value in row["values"].items()
    }
    return {
        "values": values,
        "raw": {name: _cell(cell, cell_of(place, name), replace) for name, cell in row["raw"].items()},
    }


def _cell(cell: Any, place: Place, replace: Replace) -> Any:
    if isinstance(cell, dict) and SEALED in cell and not is_wiped(cell[SEALED]):
        return {SEALED: replace(Ciphertext(cell[SEALED], place, ""))}
    return cell


def _walk_corrections(row: Row, replace: Replace) -> dict[str, Any]:
    columns = _personal_columns(row["register"])
    corrections = []
    for made in row["corrections"]:
        if made["field"] in columns:
            if is_wiped(made["text"]):
                corrections.append(made)
                continue
            place = correction_of(row["ref"], made["sheet"], made["row"], made["field"])
            made = made | {"text": replace(Ciphertext(made["text"], place, ""))}
        corrections.append(made)
    return {"corrections": corrections}


def _rows_with_numbers() -> Q:
    """Return the condition on staged rows that may hold a ciphertext: of a register with personal columns, or a raw cell."""
    names = [register.name for register in registers() if _personal_columns(register.name)]
    return Q(batch__register__in=names) | ~Q(raw={})


def _about(records: Mapping[type[models.Model], Sequence[int]]) -> Q:
    """Return the condition on staged rows that mean one of the records."""
    found = Q(pk__in=())
    for model, keys in records.items():
        register = register_of(model)
        if register is not None:
            found |= Q(batch__register=register.name, record_id__in=keys)
    return found


def _row_lines(keys: Sequence[int], user: Actor) -> list[HeldLine]:
    rows = UploadRow.objects.visible_to(user).filter(pk__in=keys).select_related("batch").order_by("-pk")
    return [
        HeldLine(
            row.batch.uploaded_at,
            f"{row.batch.title}第{row.row_number}行：{row.label}",
            reverse("uploads:batch", args=[row.batch.ref]),
            f"{row.get_outcome_display()}；批次{row.batch.state_label}",
        )
        for row in rows
    ]


def _correction_lines(keys: Sequence[int], user: Actor) -> list[HeldLine]:
    batches = UploadBatch.objects.visible_to(user).filter(pk__in=keys).order_by("-pk")
    return [
        HeldLine(batch.uploaded_at, batch.title, reverse("uploads:batch", args=[batch.ref]), batch.state_label)
        for batch in batches
    ]


STAGED_ROWS = SealedJson(
    UploadRow,
    columns=("values", "raw"),
    needs=("position", "batch__sha256", "batch__register"),
    walk=_walk_row,
    title="上传的行",
    describe=_row_lines,
    about=_about,
    among=_rows_with_numbers,
)
CORRECTIONS = SealedJson(
    UploadBatch,
    columns=("corrections",),
    needs=("ref", "register"),
    walk=_walk_corrections,
    title="上传后在页面上改的单元格",
    describe=_correction_lines,
    among=lambda: ~Q(corrections=[]),
)


class Originals(SealedFiles):
    """The stored files, told by the keys of their batches."""

    name = "uploads.uploadbatch files"

    def all_keys(self) -> Iterator[int]:
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
