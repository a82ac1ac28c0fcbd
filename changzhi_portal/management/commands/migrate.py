"""Django's `migrate`, which also closes files to others, and empties what pages have kept.

The new release may find something else in the same records; an old one may have written files that others may read.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate

from changzhi_portal.kept import forget_all
from changzhi_portal.private_files import close_to_others


class Command(migrate.Command):
    """Migrate, then close the files of VAR_DIR to others and empty the cache of what pages have computed."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry out the command."""
        super().handle(*args, **options)
        close_to_others(settings.VAR_DIR)
        forget_all()
