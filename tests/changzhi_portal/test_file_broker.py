"""Tests of the file broker: a worker only sees whole messages, however busy the folder is."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty

import pytest
from django.conf import settings
from kombu import Connection
from kombu.exceptions import ChannelError

from changzhi_portal.celery import Queue, app, enqueue
from changzhi_portal.file_broker import Transport

MESSAGES = 400


def channel(folder: Path):
    for name in ("queue", "control"):
        (folder / name).mkdir(exist_ok=True)
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
    }
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


def test_a_web_process_and_a_worker_that_start_at_once_agree_on_the_queues(tmp_path):
    errors = []
    ready = threading.Barrier(4)

    def start(number):
        mine = channel(tmp_path)
        ready.wait()
        try:
            for again in range(50):
                mine._queue_bind("portal", f"key{number}-{again}", "", f"queue{number}-{again}")
                mine.get_table("portal")
        except (ValueError, ChannelError) as error:
            errors.append(error)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert len(channel(tmp_path).get_table("portal")) == 200


@pytest.mark.skipif(bool(settings.REDIS_URL), reason="With Redis the queue is no folder")
def test_work_is_kept_waiting_when_the_queue_cannot_be_written():
    queue = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    away = queue.rename(queue.with_name("away"))
    try:
        assert enqueue("uploads.tasks.check_batch", Queue.UPLOADS, 1) is False
    finally:
        away.rename(queue)


@pytest.mark.skipif(bool(settings.REDIS_URL), reason="With Redis the queue is no folder")
def test_the_portal_uses_this_queue():
    with app.connection_for_write() as connection:
        assert isinstance(connection.transport, Transport)
