"""The shared sample workbooks and their right answers; tests that use them say why they skip where there are none."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.models import Role, User
from communities.models import Division
from tests.factories import make_user

SAMPLES = settings.BASE_DIR.parent / "shared" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared sample workbooks are not on this machine")
REGISTERS = ("communities", "facilities", "organizations", "workers", "projects")


def expected_targets() -> dict[str, Any]:
    """`expected_targets.json`."""
    answers: dict[str, Any] = json.loads((SAMPLES / "expected_targets.json").read_text(encoding="utf-8"))
    return answers


def differences(expected: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """The samples' own comparison."""
    spec = importlib.util.spec_from_file_location("compare", SAMPLES / "compare.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: list[str] = module.differences(expected, answer)
    return found


def clerk_of(code: str) -> User:
    """The clerk of a county, or an officer of the city; made at the first call."""
    division = Division.objects.by_code(code)
    role = Role.BUREAU_OFFICER if division.level == Division.Level.CITY else Role.DISTRICT_CLERK
    username = f"clerk_{code}"
    return User.objects.filter(username=username).first() or make_user(role, division, username=username)


def upload(
    capsys: pytest.CaptureFixture[str], register: str, path: Path, user: User, **options: Any
) -> tuple[dict[str, Any], int]:
    """What `manage.py upload … --json` prints, and its exit status."""
    capsys.readouterr()
    status = 0
    try:
        call_command("upload", register, str(path), as_=user.username, json=True, **options)
    except CommandError as error:
        status = error.returncode
    printed = capsys.readouterr().out
    return (json.loads(printed) if printed else {}), status


def city_files() -> list[tuple[str, Path, str]]:
    """(register, path, division code) of the whole sample city in the order offices upload it."""
    files = expected_targets()["files"]
    ordered = sorted(files.items(), key=lambda item: REGISTERS.index(item[1]["register"]))
    return [(facts["register"], SAMPLES / "city_2018-06" / name, facts["as_division"]) for name, facts in ordered]


def upload_city(capsys: pytest.CaptureFixture[str], *, only: str = "") -> dict[str, dict[str, Any]]:
    """Upload and commit the whole sample city, or `only` one county's files; what each file's upload printed."""
    printed = {}
    for register, path, code in city_files():
        if only in ("", code):
            printed[path.name], _ = upload(capsys, register, path, clerk_of(code), commit="all")
    return printed
