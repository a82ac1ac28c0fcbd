"""The queue in files that the embedded portal uses (docs/architecture.md, decision 3), with messages that are whole once they are seen.

Kombu opens a message under the name that workers look for and writes it afterwards. A worker that looks in between takes
an empty file for a message, fails to read it, and stops for good (kombu issue 1551); so does one that reads the list of
queues while another writes it.
"""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu's channel, with the two writes that others could see half done."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as in kombu
        """Write a message beside the queue and move it in at once. Raises ChannelError where the disk refuses."""
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        whole = Path(self.data_folder_out, name)
        arriving = Path(self.data_folder_out, f"{name}.arriving")
        try:
            arriving.write_text(dumps(payload), encoding="utf-8")
            arriving.replace(whole)
        except OSError as error:
            raise ChannelError(f"Cannot add file {str(whole)!r} to the queue") from error

    def get_table(self, exchange: str) -> list[filesystem.exchange_queue_t]:
        """The queues of an exchange."""
        with self._alone():
            return list(super().get_table(exchange))

    def _queue_bind(self, *arguments: Any) -> None:
        with self._alone():
            super()._queue_bind(*arguments)

    def _delete(self, *arguments: Any, **options: Any) -> None:
        with self._alone():
            super()._delete(*arguments, **options)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other process reads or writes the lists of queues."""
        lock = os.open(self.control_folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


class Transport(filesystem.Transport):
    """What `CELERY_BROKER_TRANSPORT` names."""

    Channel = Channel
