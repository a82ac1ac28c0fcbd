"""Rotation of the field keys and of the digest key: everything that is stored under an old key is stored anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django.apps import apps
from django.db import transaction

from changzhi_portal.personal.fields import holds_personal_data
from changzhi_portal.personal.sealing import CannotDecryptError, decrypt, encrypt, is_current, newest_key_id
from changzhi_portal.personal.stores import (
    ROWS_AT_ONCE,
    Ciphertext,
    SealedFiles,
    SealedTable,
    sealed_files,
    sealed_tables,
)
from changzhi_portal.personal.unbound import look_again
from changzhi_portal.personal.unbound import model as unbound_ciphertexts

_PASSES: Final = 5  # over rows that somebody else had locked
Tell = Callable[[str], None]


@dataclass(slots=True)
class Counts:
    """What a table or folder holds: ciphertexts under the newest key, others, and the places of those nobody can read."""

    current: int = 0
    remaining: int = 0
    unreadable: list[str] = field(default_factory=list)


def count_keys(*, check: bool = True) -> dict[str, Counts]:
    """Count all ciphertexts by where they are stored, without changing any; with `check` each is decrypted, but no file."""
    found: dict[str, Counts] = {}
    for table in sealed_tables():
        found[table.name] = counts = Counts()
        for keys in table.key_batches():
            for row in table.rows(keys):
                table.rewritten(row, lambda each, counts=counts: _counted(each, counts, check=check))  # type: ignore[misc]
    for files in sealed_files():
        found[files.name] = _count_files(files)
    return found


def _counted(each: Ciphertext, counts: Counts, *, check: bool) -> str:
    if is_current(each.token):
        counts.current += 1
    else:
        counts.remaining += 1
    if check:
        try:
            decrypt(each.token, each.place)
        except CannotDecryptError:
            counts.unreadable.append(each.place)
    return each.token


def _count_files(files: SealedFiles) -> Counts:
    counts = Counts()
    for key in files.all_keys():
        key_id = files.key_id(key)
        if key_id is not None:
            counts.current += key_id == newest_key_id()
            counts.remaining += key_id != newest_key_id()
    return counts


def rotate(tell: Tell) -> dict[str, Counts]:
    """Encrypt everything under the newest key, bound to its place; return what there is afterwards.

    It may be interrupted and started again, and runs beside everything else: each step is a short transaction that
    leaves out rows which others have locked; those are visited again. Once nothing is left, ciphertexts without a place
    are no longer read.
    """
    unreadable: dict[str, list[str]] = {}
    for _ in range(_PASSES):
        for table in sealed_tables():
            unreadable[table.name] = _rotate_table(table, tell)
        for files in sealed_files():
            unreadable[files.name] = _rotate_files(files, tell)
        found = count_keys(check=False)
        left = sum(counts.remaining for counts in found.values())
        if left == sum(map(len, unreadable.values())):
            break
    for name, places in unreadable.items():
        found[name].unreadable = places
    if not left:
        unbound_ciphertexts().objects.all().delete()
        look_again()
    return found


def _rotate_table(table: SealedTable, tell: Tell) -> list[str]:
    """Rotate the ciphertexts of a table; return the places of those that cannot be decrypted, which stay as they are."""
    unreadable: list[str] = []
    numbers: Counter[str] = Counter()

    def replaced(each: Ciphertext) -> str:
        if is_current(each.token):
            return each.token
        try:
            return encrypt(decrypt(each.token, each.place), each.place)
        except CannotDecryptError:
            unreadable.append(each.place)
            return each.token

    for keys in table.key_batches():
        numbers["rows"] += len(keys)
        # Most rows are current when a rotation is continued: those are not locked.
        old = [row["pk"] for row in table.rows(keys) if _has_old(table, row)]
        if old:
            numbers["changed"] += table.rewrite(old, replaced)
            tell(f"{table.name}: {numbers['rows']} rows, {numbers['changed']} encrypted anew")
    return unreadable


def _has_old(table: SealedTable, row: dict[str, Any]) -> bool:
    counts = Counts()
    table.rewritten(row, lambda each: _counted(each, counts, check=False))
    return counts.remaining > 0


def _rotate_files(files: SealedFiles, tell: Tell) -> list[str]:
    unreadable = []
    changed = 0
    for key in files.all_keys():
        if files.key_id(key) in {None, newest_key_id()}:
            continue
        try:
            files.encrypt_again(key)
        except CannotDecryptError:
            unreadable.append(files.place(key))
        else:
            changed += 1
            tell(f"{files.name}: {changed} encrypted anew")
    return unreadable


def renew_digests(tell: Tell) -> int:
    """Compute the keyed digests of every model with personal data anew, after DIGEST_KEY was changed; return how many rows.

    Until it is done a number is not found by its old digest. The models set them in `prepare_keys`.
    """
    renewed = 0
    for model in apps.get_models():
        if not hasattr(model, "prepare_keys") or not holds_personal_data(model):
            continue
        digests = [
            each.attname for each in model._meta.concrete_fields if each.attname.endswith(("_digest", "_digests"))
        ]
        last = 0
        rows = model._base_manager.order_by("pk")
        while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:ROWS_AT_ONCE]):
            with transaction.atomic():
                for row in rows.select_for_update().filter(pk__in=keys):
                    before = [getattr(row, name) for name in digests]
                    row.prepare_keys()
                    after = [getattr(row, name) for name in digests]
                    if before != after:
                        renewed += rows.filter(pk=row.pk).update(**dict(zip(digests, after, strict=True)))
            last = keys[-1]
            tell(f"{model._meta.label_lower}: {renewed} digests renewed")
    return renewed
