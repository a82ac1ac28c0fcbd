"""Background work: each task names its queue, each queue has a worker, beat and the jobs call existing tasks."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec

import pytest
from celery import Task, shared_task
from celery.beat import Scheduler
from celery.exceptions import QueueNotFound
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from changzhi_portal.after_changes import AfterChange
from changzhi_portal.celery import Queue, app
from changzhi_portal.discovery import instances_in
from changzhi_portal.jobs import Job, JobKind, job_kinds
from tests.architecture.apps import OWN_APPS


def own_tasks() -> list[Task]:
    for name in sorted(OWN_APPS):
        if find_spec(f"{name}.tasks") is not None:
            import_module(f"{name}.tasks")
    return [task for name, task in sorted(app.tasks.items()) if name.split(".")[0] in OWN_APPS]


def test_tasks_are_found():
    found = {task.name.split(".")[0] for task in own_tasks()}
    apps = "changzhi_portal notices exports uploads targets revisions submissions reports connections privacy workload"
    assert found == set(apps.split())


@pytest.mark.parametrize("task", own_tasks(), ids=lambda task: task.name)
def test_a_task_says_its_queue(task):
    assert getattr(task, "queue", None) in set(Queue), f"{task.name} needs queue=Queue.…"


def test_a_task_without_a_queue_is_refused_where_it_is_declared():
    with pytest.raises(ImproperlyConfigured, match=r"tests\.forgotten declares no queue"):

        @shared_task(name="tests.forgotten")
        def forgotten() -> None: ...

        forgotten.name  # noqa: B018 - a task is made when it is first used


def test_a_task_with_a_queue_that_no_worker_serves_is_refused_where_it_is_declared():
    with pytest.raises(ImproperlyConfigured, match=r"tests\.misspelt"):

        @shared_task(name="tests.misspelt", queue="report")
        def misspelt() -> None: ...

        misspelt.name  # noqa: B018


@pytest.mark.parametrize("options", [{}, {"queue": "celery"}])
def test_a_message_without_a_queue_that_a_worker_serves_is_refused_where_it_is_sent(options):
    with pytest.raises(QueueNotFound):
        app.send_task("tests.unknown", **options)


def test_the_clock_sends_nothing_but_our_own_tasks():
    class InMemory(Scheduler):
        def setup_schedule(self) -> None:
            self.install_default_entries(self.app.conf.beat_schedule)
            self.update_from_dict(self.app.conf.beat_schedule)

    assert set(InMemory(app).schedule) == set(settings.CELERY_BEAT_SCHEDULE)


@pytest.mark.parametrize("task", own_tasks(), ids=lambda task: task.name)
def test_a_task_is_given_back_when_its_worker_dies(task):
    assert task.acks_late, f"{task.name} would be lost with its worker"


@pytest.mark.parametrize("entry", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_the_clock_calls_a_task_that_exists(entry):
    assert settings.CELERY_BEAT_SCHEDULE[entry]["task"] in {task.name for task in own_tasks()}


def test_what_is_done_after_a_change_is_a_task_that_exists_in_its_own_queue():
    works = instances_in("jobs", AfterChange)
    assert works
    by_name = {task.name: task for task in own_tasks()}
    assert all(by_name[work.task].queue == work.queue for work in works)


@pytest.mark.parametrize("name", ["Procfile", "docker-compose.yml"])
def test_a_worker_serves_every_queue_and_no_other(name):
    served = re.search(r"--queues[ =](\S+)", (settings.BASE_DIR / name).read_text())
    assert served is not None
    assert set(served[1].split(",")) == set(Queue)
    assert set(app.amqp.queues) == set(Queue)
    assert app.conf.task_default_queue not in set(Queue), "a message without a queue would be hidden in it"


# --- Jobs ---


def kinds() -> list[JobKind]:
    return list(job_kinds())


def name_of(kind: JobKind) -> str:
    return f"{kind.model._meta.label}-{kind.running}"


def test_every_model_with_background_work_declares_its_kinds():
    models = {model for model in apps.get_models() if issubclass(model, Job)}
    assert {kind.model for kind in kinds()} == models
    assert len({(kind.model, kind.running) for kind in kinds()}) == len(kinds())


@pytest.mark.parametrize("kind", kinds(), ids=name_of)
def test_a_job_names_a_task_that_exists_and_its_queue(kind):
    if kind.task is None:
        taken_over = kind.max_attempts == 0  # another kind hands its rows over; nobody claims or repeats them
        assert kind.waiting is not None or taken_over
        return
    task = {task.name: task for task in own_tasks()}[kind.task]
    assert task.queue == kind.queue


def values_of(case):
    """Return the constants that an expression may give."""
    return {each.value for each in (*(when.result for when in case.cases), case.default)}


@pytest.mark.parametrize("kind", kinds(), ids=name_of)
def test_a_job_names_states_and_columns_of_its_model(kind):
    states = set(dict(kind.model._meta.get_field(kind.state_field).choices))
    failed = {kind.failed} if isinstance(kind.failed, str) else values_of(kind.failed)
    assert {kind.running, *failed, *filter(None, [kind.waiting])} <= states
    assert (kind.waiting is None) == (kind.find_due is not None), "a row waits in a state, or something says it is due"
    for column in (*kind.cleared, *filter(None, [kind.message_field])):
        kind.model._meta.get_field(column)


@pytest.mark.parametrize("kind", kinds(), ids=name_of)
def test_a_job_that_can_be_given_up_says_so_in_a_sentence(kind):
    if kind.max_attempts is not None:
        longest = kind.model._meta.get_field(kind.message_field).max_length
        for sentence in (kind.given_up, kind.broken):
            assert 0 < len(sentence) <= longest
