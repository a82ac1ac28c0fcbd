"""The files of the deployment, as far as reading them can test them."""

from __future__ import annotations

import json
import re

from django.conf import settings


def web_command() -> list[str]:
    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text()
    return list(json.loads(re.findall(r"^CMD (\[.*?\])$", dockerfile.replace("\\\n", ""), re.MULTILINE)[0]))


def service(name: str) -> str:
    """Return the lines of a service of compose."""
    compose = (settings.BASE_DIR / "docker-compose.yml").read_text()
    (lines,) = re.findall(rf"^  {name}:\n((?:    .*\n|\n)+)", compose, re.MULTILINE)
    return str(lines)


def test_nginx_finds_the_web_process_of_the_image_and_is_alone_reached_from_outside() -> None:
    var = re.findall(r"VAR_DIR=(\S+)", (settings.BASE_DIR / "Dockerfile").read_text())[-1]
    command = web_command()
    assert command[command.index("--bind") + 1] == f"unix:{var}/run/web.sock"
    assert settings.RUN_DIR == settings.VAR_DIR / "run"
    assert "command: scripts/run_nginx" in service("nginx")
    assert '"127.0.0.1:8000:8000"' in service("nginx")
    assert "ports" not in service("web")


def test_nginx_gets_none_of_the_secrets() -> None:
    assert not re.search(r"KEY|PASSWORD|DATABASE_URL|env_file|<<", service("nginx"))


def test_the_access_log_holds_nothing_that_somebody_has_searched_for() -> None:
    command = web_command()
    logged = command[command.index("--access-logformat") + 1]
    assert not {"r", "q", "f"} & set(re.findall(r"%\((\w)\)s", logged)), "request line, query and referrer"


def test_the_first_start_does_not_migrate_while_the_database_is_still_being_made() -> None:
    compose = (settings.BASE_DIR / "docker-compose.yml").read_text()
    assert "pg_isready, --host, 127.0.0.1" in compose, "the server of the image's set-up answers on the socket alone"
