"""One migrated database for all workers of a test run, of which each gets a copy.

Migrating takes seconds of processor time, copying takes none.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection


def copy_migrated_database(patch: pytest.MonkeyPatch) -> None:
    """Have Django's test database made as a copy of one that the first worker has migrated; nothing without workers."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        return
    creation = connection.creation
    migrate = creation.create_test_db

    def create_copy(*, verbosity: int = 0, **_: Any) -> str:
        shared = settings.VAR_DIR.parent  # VAR_DIR is the worker's own folder in the run's
        is_sqlite = connection.vendor == "sqlite"
        template = str(shared / "test.sqlite3") if is_sqlite else f"test_{connection.settings_dict['NAME']}"
        with _locked(shared / f"migrated-{os.environ['PYTEST_XDIST_TESTRUNUID']}") as done:
            if not done.read():
                with pytest.MonkeyPatch.context() as named:
                    named.setitem(connection.settings_dict["TEST"], "NAME", template)
                    migrate(verbosity=verbosity, autoclobber=True, serialize=False)
                connection.close()
                done.write("done")
                done.flush()
            connection.settings_dict["NAME"] = template
            creation.clone_test_db(worker, verbosity=verbosity)
        name: str = creation.get_test_db_clone_settings(worker)["NAME"]
        settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name
        return name

    patch.setattr(creation, "create_test_db", create_copy)


@contextmanager
def _locked(path: Path) -> Iterator[Any]:
    """Open a file that only one worker at a time may read and write."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file  # the lock ends with the file
