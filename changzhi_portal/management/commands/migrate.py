"""Django's `migrate`, which also empties what pages have kept: the new release may find something else in the same."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from changzhi_portal.kept import forget_all


class Command(migrate.Command):
    """Migrate, then empty the cache of what pages have computed."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry out the command."""
        super().handle(*args, **options)
        forget_all()
