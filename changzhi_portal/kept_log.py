"""`python -m changzhi_portal.kept_log FILE`: repeats standard input on standard output and keeps it in a log file.

`scripts/run_portal` uses it instead of tee: the file is continued, and above MOST_BYTES it is renamed to FILE.1, the one
before to FILE.2, and so on. It ends with its input; neither a closed terminal nor a full disk ends it, because the
portal whose output it reads would stop at its next line.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler

from changzhi_portal.private_files import write_privately

MOST_BYTES = 10 * 1024 * 1024
OLDER_FILES = 5


def keep(path: str, *, most_bytes: int = MOST_BYTES) -> None:
    """Repeat and keep standard input until it ends."""
    logging.raiseExceptions = False  # nobody reads complaints about a full disk here
    sys.stdin.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # a text stream
    file = RotatingFileHandler(path, maxBytes=most_bytes, backupCount=OLDER_FILES, encoding="utf-8", delay=True)
    for line in sys.stdin:
        with suppress(OSError):
            os.write(sys.stdout.fileno(), line.encode())
        file.handle(logging.makeLogRecord({"msg": line.rstrip("\n")}))


if __name__ == "__main__":
    write_privately()
    keep(sys.argv[1])
