"""Background work: each task says its queue, each queue has a worker, and the clock calls only tasks that exist."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec

import pytest
from celery import Task
from django.conf import settings

from changzhi_portal.celery import Queue, app
from tests.architecture.apps import OWN_APPS


def own_tasks() -> list[Task]:
    for name in sorted(OWN_APPS):
        if find_spec(f"{name}.tasks") is not None:
            import_module(f"{name}.tasks")
    return [task for name, task in sorted(app.tasks.items()) if name.split(".")[0] in OWN_APPS]


def test_tasks_are_found():
    assert {task.name.split(".")[0] for task in own_tasks()} == {
        "uploads",
        "targets",
        "revisions",
        "submissions",
        "notices",
        "reports",
    }


@pytest.mark.parametrize("task", own_tasks(), ids=lambda task: task.name)
def test_a_task_says_its_queue(task):
    assert getattr(task, "queue", None) in set(Queue), f"{task.name} needs queue=Queue.…"


@pytest.mark.parametrize("task", own_tasks(), ids=lambda task: task.name)
def test_a_task_is_given_back_when_its_worker_dies(task):
    assert task.acks_late, f"{task.name} would be lost with its worker"


@pytest.mark.parametrize("entry", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_the_clock_calls_a_task_that_exists(entry):
    assert settings.CELERY_BEAT_SCHEDULE[entry]["task"] in {task.name for task in own_tasks()}


@pytest.mark.parametrize("name", ["Procfile", "docker-compose.yml"])
def test_a_worker_serves_every_queue_and_no_other(name):
    served = re.search(r"--queues[ =](\S+)", (settings.BASE_DIR / name).read_text())
    assert served is not None
    assert set(served[1].split(",")) == set(Queue)
    assert app.conf.task_default_queue in set(Queue)
