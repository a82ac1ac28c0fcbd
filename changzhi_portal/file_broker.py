"""Kombu's file broker for the embedded portal (docs/architecture.md, decision 3), with messages written atomically.

Kombu creates a message under its final name and writes its content afterwards. A worker that reads in between takes the
empty file for a message, fails, and stops for good (kombu issue 1551). The same happens to a worker that reads the list
of queues while another process writes it.
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
    """Kombu's channel with atomic writes of messages and a lock around the lists of queues."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as in kombu
        """Write a message to a temporary file and rename it into the queue. Raises ChannelError when the disk refuses."""
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        whole = Path(self.data_folder_out, name)
        arriving = Path(self.data_folder_out, f"{name}.arriving")
        try:
            arriving.write_text(dumps(payload), encoding="utf-8")
            arriving.replace(whole)
        except OSError as error:
            raise ChannelError(f"Cannot add file {str(whole)!r} to the queue") from error

    def get_table(self, exchange: str) -> list[filesystem.exchange_queue_t]:
        """Return the queues of an exchange."""
        with self._queue_table_lock():
            return list(super().get_table(exchange))

    def _queue_bind(self, *arguments: Any) -> None:
        with self._queue_table_lock():
            super()._queue_bind(*arguments)

    def _delete(self, *arguments: Any, **options: Any) -> None:
        with self._queue_table_lock():
            super()._delete(*arguments, **options)

    @contextmanager
    def _queue_table_lock(self) -> Iterator[None]:
        """Lock the lists of queues against other processes."""
        lock = os.open(self.control_folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


class Transport(filesystem.Transport):
    """The transport class for `CELERY_BROKER_TRANSPORT`."""

    Channel = Channel
