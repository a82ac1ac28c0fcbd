"""Files that only the portal's own user reads: databases, queues, caches, mail, logs, uploads and secrets (等保 2.0).

`settings` sets the mask when it is loaded, which every process does before it writes: manage.py, the web server, worker
and beat, and the readers of files that they start. `manage.py migrate` closes what an earlier version has left open.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PRIVATE_MASK: Final = 0o077
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def write_privately() -> None:
    """Let this process and those that it starts create files which nobody else reads."""
    os.umask(PRIVATE_MASK)


def open_to_others(folder: Path) -> Iterator[Path]:
    """Yield the files and folders below a folder, and itself, that other users of the machine may read, write or enter."""
    for path in (folder, *folder.rglob("*")):
        try:
            if not path.is_symlink() and path.stat().st_mode & _OTHERS:
                yield path
        except FileNotFoundError:  # a message of the queue that was taken meanwhile
            continue


def close_to_others(folder: Path) -> int:
    """Take the rights of others from everything below a folder that belongs to this user; return from how many files."""
    own = [path for path in open_to_others(folder) if os.geteuid() in {0, path.stat().st_uid}]
    for path in own:
        path.chmod(path.stat().st_mode & ~_OTHERS & 0o7777)
    return len(own)
