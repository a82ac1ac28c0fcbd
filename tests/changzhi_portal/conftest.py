"""The web process behind nginx, for the tests of both."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults.processes import environment
from tests.front import started, wait_for_socket
from tests.nginx import FOLDER, Front, nginx


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """Run the web process for all tests of a file."""
    variables = {**environment(), "DJANGO_SETTINGS_MODULE": "tests.settings", "PORTAL_MODE": "embedded"}
    with (
        (tmp_path_factory.mktemp("web") / "log").open("wb") as log,
        started("web", FOLDER, variables, output=log) as process,
    ):
        wait_for_socket(settings.RUN_DIR / "web.sock", process)
        yield process


@pytest.fixture
def front(web: subprocess.Popen[bytes], tmp_path: Path) -> Iterator[Front]:
    with nginx(tmp_path) as running:
        yield running
