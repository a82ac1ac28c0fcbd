"""Fixtures for all tests.

`place` is a small invented city with one user of each role; `city` is the real one of 2017. Both exist until the end of
the test, also in transactional tests. Rows that migrations have written (the target plan) exist in every test, although
a transactional test ends by emptying all tables.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.cache import caches
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models.signals import post_migrate
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as property_settings

from accounts.models import Role, User
from changzhi_portal import jobs
from changzhi_portal.bulk import refresh_statistics
from changzhi_portal.celery import app as celery_app
from changzhi_portal.discovery import own_apps
from changzhi_portal.health.report import forget_answers
from changzhi_portal.kept import keep
from communities.actions import load_divisions
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange
from notices.announcements.shown import KEY as ANNOUNCEMENTS
from periods.models import ReportingPeriod
from tests.databases import copy_migrated_database, empty_tables_by_delete
from tests.factories import Place, make_period, make_place, make_user
from tests.uploads.office import send

__all__ = ["send"]
pytest_plugins = ["tests.declarations", "tests.months"]

# The time of an example depends on the machine and its load, not on the code.
property_settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
property_settings.load_profile("portal")

SAMPLES = settings.BASE_DIR.parent / "shared" / "samples"
CITY_TABLES: tuple[type[models.Model], ...] = (Division, DivisionChange, CrosswalkRow, Community, CommunityPlacement)
CityRows = dict[type[models.Model], list[tuple[Any, ...]]]


# --- Tests that need a second database, and the order of the others ---

DATABASE_FIXTURES = frozenset({"db", "transactional_db", "live_server", "django_db_reset_sequences"})


@pytest.hookimpl(trylast=True)  # after they have been shuffled
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that are not about the database when running on the second one (ONLY_DATABASE_TESTS in run_tests).

    The slow ones come first on every worker of xdist, so that no worker begins one when the others have finished.
    """
    if os.environ.get("ONLY_DATABASE_TESTS"):
        without = [item for item in items if not _is_about_the_database(item)]
        items[:] = [item for item in items if _is_about_the_database(item)]
        config.hook.pytest_deselected(items=without)
    _slow_ones_first(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _slow_ones_first(items: list[pytest.Item], workers: int) -> None:
    """Order the tests for `--dist worksteal`, which begins by giving each worker an equal, contiguous part."""
    slow = [item for item in items if _is_slow(item)]
    others = [item for item in items if not _is_slow(item)]
    if not slow or len(items) < 10 * workers:
        return
    parts = [len(items) * (number + 1) // workers - len(items) * number // workers for number in range(workers)]
    shares = [slow[number::workers] for number in range(workers)]
    ordered: list[pytest.Item] = []
    for size, share in zip(parts, shares, strict=True):
        taken = size - len(share)
        ordered += share + others[:taken]
        others = others[taken:]
    items[:] = ordered


def _is_slow(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) is not None for name in ("slow", "browser"))


def _is_about_the_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("one_database") is not None:
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or not fixtures.isdisjoint(DATABASE_FIXTURES)


# --- Databases, and rows of migrations ---


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """Have the database of each worker copied from one that is migrated once."""
    with pytest.MonkeyPatch.context() as patch:
        copy_migrated_database(patch)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Restore the rows that migrations write whenever a transactional test has emptied the tables, and empty them cheaply.

    Django sends `post_migrate` at the end of a flush, and restores its own content types by the same signal.
    """
    own_models = [model for config in own_apps() for model in config.get_models()]
    with django_db_blocker.unblock():
        kept = [row for model in _parents_first(own_models) for row in model._base_manager.all()]
    shipped = serializers.serialize("json", kept)
    # Content types are restored app by app; ours are complete after the signal for the last app with models.
    last_app = [config for config in apps.get_app_configs() if config.models_module is not None][-1]

    def put_back(**_: Any) -> None:
        for row in serializers.deserialize("json", shipped):
            row.save()

    post_migrate.connect(put_back, sender=last_app, weak=False)
    with pytest.MonkeyPatch.context() as patch:
        with django_db_blocker.unblock():
            empty_tables_by_delete(patch)
        yield
    post_migrate.disconnect(put_back, sender=last_app)


def _parents_first(found: list[type[models.Model]]) -> list[type[models.Model]]:
    ordered: list[type[models.Model]] = []

    def add(model: type[models.Model]) -> None:
        if model in ordered or model not in found:
            return
        for field in model._meta.concrete_fields:
            if field.related_model is not None and field.related_model is not model and not field.null:
                add(field.related_model)
        ordered.append(model)

    for model in found:
        add(model)
    return ordered


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Start every test with an empty cache, without sessions, progress, choices or checks of another test.

    That nothing is announced is known already, as it is to almost every page: else the first one would ask for it.
    """
    keep(ANNOUNCEMENTS, [])
    yield
    for each in caches.all():
        each.clear()
    forget_answers()


@pytest.fixture(autouse=True)
def empty_queues() -> Iterator[None]:
    """Remove the messages that a test has sent, which the worker of another test would take for its own."""
    sent = []

    def note(**_: Any) -> None:
        sent.append(True)

    before_task_publish.connect(note, weak=False)
    yield
    before_task_publish.disconnect(note)
    if sent:
        celery_app.control.purge()


@pytest.fixture(autouse=True)
def forget_trail_files() -> Iterator[None]:
    """Remove what the trail has kept outside the database, which goes with the test's rows."""
    yield
    shutil.rmtree(settings.VAR_DIR / "trail", ignore_errors=True)


# --- Places ---


@pytest.fixture(scope="session")
def city_rows(django_db_setup: None, django_db_blocker: Any) -> CityRows:
    """Return the rows of the real city from the product's loader; read once, because that takes half a second."""
    with django_db_blocker.unblock(), transaction.atomic():
        loaded = load_divisions()
        assert loaded.communities == 3_606, "city_rows must be made in an empty database"
        rows = {}
        for model in CITY_TABLES:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {_columns(model)} FROM {model._meta.db_table} ORDER BY id")
                rows[model] = cursor.fetchall()
        transaction.set_rollback(True)
    return rows


def _columns(model: type[models.Model]) -> str:
    return ", ".join(connection.ops.quote_name(field.column) for field in model._meta.concrete_fields)


def _write_rows(model: type[models.Model], rows: list[tuple[Any, ...]]) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({_columns(model)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
                cursor.execute(statement)
        else:
            marks = ", ".join(["%s"] * len(model._meta.concrete_fields))
            cursor.executemany(f"INSERT INTO {table} ({_columns(model)}) VALUES ({marks})", rows)


@pytest.fixture
def city(city_rows: CityRows, db: None) -> Division:
    """Load the real city of 2017 and return 长治市: 14 counties, 166 towns, 3,606 communities."""
    with transaction.atomic():
        for model, rows in city_rows.items():
            _write_rows(model, rows)
        refresh_statistics(Division, Community, CommunityPlacement)
    return Division.objects.by_code("140400")


@pytest.fixture
def place(db: None) -> Place:
    """Create the small city: two counties, three towns, seven communities (see `make_place`)."""
    return make_place()


@pytest.fixture
def period(db: None) -> ReportingPeriod:
    """Create June 2018, open."""
    return make_period("2018-06")


# --- Users, one of each role, in the small city ---


@pytest.fixture
def clerk(place: Place) -> User:
    """县区填报员 of 城区."""
    return make_user(Role.DISTRICT_CLERK, place.county)


@pytest.fixture
def other_clerk(place: Place) -> User:
    """县区填报员 of 襄垣县, who must see nothing of 城区."""
    return make_user(Role.DISTRICT_CLERK, place.other_county)


@pytest.fixture
def street_clerk(place: Place) -> User:
    """街道填报员 of 东街街道."""
    return make_user(Role.STREET_CLERK, place.street)


@pytest.fixture
def officer(place: Place) -> User:
    """市局业务员."""
    return make_user(Role.BUREAU_OFFICER, place.city)


@pytest.fixture
def administrator(place: Place) -> User:
    """市局管理员."""
    return make_user(Role.BUREAU_ADMIN, place.city)


@pytest.fixture
def system_admin(place: Place) -> User:
    """系统管理员."""
    return make_user(Role.SYSTEM_ADMIN, place.city)


@pytest.fixture
def leader(place: Place) -> User:
    """领导 of the city."""
    return make_user(Role.LEADER, place.city)


@pytest.fixture
def auditor(place: Place) -> User:
    """审计员 of the city."""
    return make_user(Role.AUDITOR, place.city)


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """Return a function that signs a user in and returns the client (Django's test client)."""

    def client_of(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of


# --- Background work and samples ---


@pytest.fixture
def eager_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the tasks of jobs where they are sent and raise their errors; only for tests that request this.

    Tasks sent by `transaction.on_commit` also need `django_capture_on_commit_callbacks(execute=True)` or a
    transactional test.
    """

    def run_at_once(task_name: str, queue: str, *arguments: int, expires: float | None = None) -> bool:
        celery_app.tasks[task_name].apply(arguments, throw=True)
        return True

    celery_app.loader.import_default_modules()
    monkeypatch.setattr(jobs, "enqueue", run_at_once)


@pytest.fixture(scope="session")
def samples() -> Path:
    """Return the folder of sample spreadsheets with known results; skip the test if it is missing."""
    if not (SAMPLES / "expected_targets.json").exists():
        pytest.skip(f"NOT CHECKED: the shared samples are not at {SAMPLES}")
    return SAMPLES
