"""Logging what a migration changes in the registers (docs/architecture.md, decision 6).

It works on the models of a migration (`apps`), so it goes by the names of columns, not by the methods of our models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import make_password

from changelog.models import SYSTEM_USER

_LABEL_LENGTH = 200


class MigrationLog:
    """The change set of one migration, begun with the first record that was changed.

    It is made by the user `system`, who cannot sign in, because no person has made these changes; the user is created
    when it is needed. The change set makes no measure stale. `alias` is that of the database.
    """

    def __init__(self, apps: Any, alias: str, summary: str) -> None:
        self._apps, self._alias, self._summary = apps, alias, summary
        self._change_set: Any = None

    def add(self, row: Any, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Log the changed fields of one record of a register."""
        if self._change_set is None:
            self._change_set = self._begin()
        self._rows("changelog.ChangeRecord").create(
            change_set=self._change_set,
            model=row._meta.label_lower,
            object_id=row.pk,
            object_ref=getattr(row, "ref", ""),
            object_label=_name_of(row)[:_LABEL_LENGTH],
            division_id=_division_of(row) or self._change_set.division_id,
            kind="updated",
            before=dict(before),
            after=dict(after),
        )

    def _begin(self) -> Any:
        city = self._rows("communities.Division").get(level="city")
        new = {"full_name": "系统", "role": "bureau_admin", "division": city, "is_active": False}
        user, _ = self._rows("accounts.User").get_or_create(
            username=SYSTEM_USER, defaults={**new, "password": make_password(None)}
        )
        return self._rows("changelog.ChangeSet").create(
            made_by=user, division=city, summary=self._summary, affects_figures=False
        )

    def _rows(self, label: str) -> Any:
        return self._apps.get_model(label)._base_manager.using(self._alias)


def _name_of(row: Any) -> str:
    """Return what people call the record; a posting has its worker's name."""
    return str(row.name if hasattr(row, "name") else row.worker.name)


def _division_of(row: Any) -> int | None:
    """Return the key of the division that a record belongs to; a worker's is that of the newest posting."""
    if hasattr(row, "town_id"):
        return int(row.town_id)
    if hasattr(row, "postings"):
        row = row.postings.filter(is_newest=True).first()
        if row is None:
            return None
    community = getattr(row, "community", None)
    found: int | None = community.town_id if community is not None else row.division_id
    return found
