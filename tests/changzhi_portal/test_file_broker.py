"""Tests of the file broker: a worker only sees whole messages, however busy the folder is."""

from __future__ import annotations

import shutil
import threading
from contextlib import suppress
from pathlib import Path
from queue import Empty

import pytest
from django.conf import settings
from kombu import Connection

from changzhi_portal.celery import Queue, app, enqueue
from changzhi_portal.file_broker import Transport

MESSAGES = 400


def channel(folder: Path):
    options = {"data_folder_in": str(folder / "queue"), "data_folder_out": str(folder / "queue")}
    return Connection("filesystem://", transport=Transport, transport_options=options).channel()


def test_a_worker_that_looks_all_the_time_reads_every_message_whole(tmp_path):
    sender, reader = channel(tmp_path), channel(tmp_path)
    errors, received = [], []
    sent = threading.Event()

    def send():
        for number in range(MESSAGES):
            sender._put("uploads", {"number": number, "text": "社" * 2_000})
        sent.set()

    def read():
        try:
            while True:
                was_last_look = sent.is_set()
                try:
                    received.append(reader._get("uploads")["number"])
                except Empty:
                    if was_last_look:
                        return
        except ValueError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for work in (read, send)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert sorted(received) == list(range(MESSAGES))


def test_a_folder_that_is_gone_is_made_again(tmp_path):
    mine = channel(tmp_path)
    shutil.rmtree(tmp_path)
    with pytest.raises(Empty):
        mine._get("uploads")
    assert mine._size("uploads") == 0
    mine._put("uploads", {"number": 1})
    assert mine._size("uploads") == 1
    assert mine._get("uploads") == {"number": 1}
    assert list((tmp_path / "queue").iterdir()) == []


def test_a_message_that_a_crash_has_left_empty_does_not_stop_a_worker(tmp_path):
    mine = channel(tmp_path)
    mine._put("uploads", {"number": 1})
    (tmp_path / "queue" / "0_torn.uploads.msg").touch()
    (tmp_path / "queue" / "0_garbled.uploads.msg").write_bytes(b"\xff\x00")
    assert mine._get("uploads") == {"number": 1}
    assert list((tmp_path / "queue").iterdir()) == []


def test_two_workers_never_take_the_same_message(tmp_path):
    mine = channel(tmp_path)
    for number in range(MESSAGES):
        mine._put("uploads", {"number": number})
    received: list[int] = []

    def read(own):
        with suppress(Empty):
            while True:
                received.append(own._get("uploads")["number"])

    threads = [threading.Thread(target=read, args=[channel(tmp_path)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(received) == list(range(MESSAGES))


def test_messages_are_taken_in_the_order_in_which_they_came(tmp_path):
    mine = channel(tmp_path)
    for number in range(20):
        mine._put("uploads", {"number": number})
    assert [mine._get("uploads")["number"] for _ in range(20)] == list(range(20))


@pytest.mark.skipif(bool(settings.REDIS_URL), reason="With Redis the queue is no folder")
def test_work_is_kept_waiting_when_the_queue_cannot_be_written():
    queue = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    queue.mkdir(parents=True, exist_ok=True)
    away = queue.rename(queue.with_name("away"))
    queue.touch()
    try:
        assert enqueue("uploads.tasks.check_batch", Queue.UPLOADS, 1) is False
    finally:
        queue.unlink()
        away.rename(queue)


@pytest.mark.skipif(bool(settings.REDIS_URL), reason="With Redis the queue is no folder")
def test_the_portal_uses_this_queue():
    with app.connection_for_write() as connection:
        assert isinstance(connection.transport, Transport)
