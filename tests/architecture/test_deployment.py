"""The files of the deployment, as far as reading them can test them."""

from __future__ import annotations

import json
import re

from django.conf import settings


def test_the_access_log_holds_nothing_that_somebody_has_searched_for() -> None:
    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text()
    command = json.loads(re.findall(r"^CMD (\[.*?\])$", dockerfile.replace("\\\n", ""), re.MULTILINE)[0])
    logged = command[command.index("--access-logformat") + 1]
    assert not {"r", "q", "f"} & set(re.findall(r"%\((\w)\)s", logged)), "request line, query and referrer"


def test_the_first_start_does_not_migrate_while_the_database_is_still_being_made() -> None:
    compose = (settings.BASE_DIR / "docker-compose.yml").read_text()
    assert "pg_isready, --host, 127.0.0.1" in compose, "the server of the image's set-up answers on the socket alone"
