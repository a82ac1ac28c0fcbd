"""Whether ciphertexts that are bound to no place are still read (ADR 0028).

Versions before 0028 made such. An installation that has them has a row in `UnboundCiphertexts` until
`rotate_field_keys` has replaced them all. A new installation never has the row, so it refuses them from the start.
"""

from __future__ import annotations

import time
from typing import Any, Final

from django.apps import apps
from django.db import connection

_SECONDS_KEPT: Final = 10.0  # what a process has found out; a page may read hundreds of old values


class _Finding:
    """What this process has found out last: whether they are read, and until when it need not look again."""

    are_read = False
    until = 0.0


def refuse_unbound() -> str:
    """Return why a ciphertext without a place is refused; "" while such are still read."""
    if time.monotonic() >= _Finding.until:
        _Finding.are_read = _are_read()
        _Finding.until = time.monotonic() + _SECONDS_KEPT
    return (
        "" if _Finding.are_read else "A stored value is bound to no place; rotate_field_keys has replaced all of those."
    )


def look_again() -> None:
    """Forget what was found out, for whoever has just changed it."""
    _Finding.until = 0.0


def model() -> Any:
    """Return the model of the row; this module is loaded before the models are."""
    return apps.get_model("frame", "UnboundCiphertexts")


def _are_read() -> bool:
    """Look at the table. A database that has none yet is being migrated from a version that bound nothing."""
    if model()._meta.db_table not in connection.introspection.table_names():
        return True
    return bool(model().objects.exists())
