"""What makes test databases cheap.

All workers of a test run get copies of one migrated database: migrating takes seconds of processor time, copying almost
none. PostgreSQL empties tables by DELETE: TRUNCATE gives each of them new files, which takes a hundred times as long.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
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


def empty_tables_by_delete(patch: pytest.MonkeyPatch) -> None:
    """Have the tables emptied by DELETE after a transactional test, on PostgreSQL and where the user may pass over triggers.

    The sequences go on, as with Django's TRUNCATE; a test that asks for them to begin anew has Django's.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        if cursor.fetchone() != ("on",):
            return
    truncate = connection.ops.sql_flush

    def delete(style: Any, tables: Sequence[str], *, reset_sequences: bool = False, allow_cascade: bool = False) -> Any:
        if reset_sequences or not tables:
            return truncate(style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
        # Without triggers, which would look for the rows that refer to each deleted one: these are deleted too.
        deleted = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]
        return ["SET LOCAL session_replication_role = replica", *deleted]

    patch.setattr(connection.ops, "sql_flush", delete)


@contextmanager
def _locked(path: Path) -> Iterator[Any]:
    """Open a file that only one worker at a time may read and write."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file  # the lock ends with the file
