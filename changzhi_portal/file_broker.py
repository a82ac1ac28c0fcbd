"""Kombu's file broker for the embedded portal (docs/architecture.md, decision 3), made to survive what happens to disks.

Kombu creates a message under its final name and writes its content afterwards. A worker that reads in between takes the
empty file for a message, fails, and stops for good (kombu issue 1551). It also keeps the lists of queues in files, which a
full disk leaves empty, and takes a message through the folder for temporary files, which may be full. Here a message is
written whole and renamed into the queue, each queue is the one of the exchange of its name (ADR 0004), a folder that is
gone is made again, and what cannot be read is dropped: beat sends again what was lost.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

from changzhi_portal.celery import Queue

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """Kombu's channel with atomic writes of messages and without files about the queues."""

    @property
    def _folder(self) -> Path:
        return Path(self.data_folder_out)

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as in kombu
        """Write a message to a temporary file and rename it into the queue. Raises ChannelError when the disk refuses."""
        name = f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        whole, arriving = self._folder / name, self._folder / f"{name}.arriving"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                arriving.write_text(dumps(payload), encoding="utf-8")
                arriving.replace(whole)
            except OSError:
                with suppress(OSError):  # the first error is the one to report
                    arriving.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise ChannelError(f"Cannot add file {str(whole)!r} to the queue") from error

    def _get(self, queue: str) -> Any:  # type: ignore[override]  # as in kombu
        """Return the oldest message of a queue and remove it. Raises Empty, also while the disk refuses."""
        for path in sorted(self._messages(queue)):
            try:
                content = path.read_bytes()
                path.unlink()  # one worker succeeds
            except OSError:
                continue  # another worker has it, or the disk refuses for now
            try:
                return loads(content)
            except ValueError:
                logger.warning("A message of the queue %s cannot be read; it is dropped.", queue)
        raise Empty

    def _size(self, queue: str) -> int:
        return sum(1 for _ in self._messages(queue))

    def _purge(self, queue: str) -> int:
        """Remove the messages of a queue and return how many there were."""
        paths = list(self._messages(queue))
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    def _messages(self, queue: str) -> Iterator[Path]:
        """Return the files of a queue, none while the folder cannot be read."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            names = []
        return (self._folder / name for name in names if name.partition(".")[2] == f"{queue}.msg")

    def get_table(self, exchange: str) -> list[filesystem.exchange_queue_t]:
        """Return the queue of an exchange, none for those of Celery's broadcasts, which nobody reads."""
        return [filesystem.exchange_queue_t(exchange, "", exchange)] if exchange in set(Queue) else []

    def _queue_bind(self, *arguments: Any) -> None:
        """Write nothing: `get_table` knows the queues."""

    def _delete(self, queue: str, *arguments: Any, **options: Any) -> None:
        """Remove the messages of a queue, as Celery asks for when it deletes one."""
        self._purge(queue)


class Transport(filesystem.Transport):
    """The transport class for `CELERY_BROKER_TRANSPORT`."""

    Channel = Channel
