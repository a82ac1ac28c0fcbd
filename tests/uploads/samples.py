"""The shared sample workbooks and their expected results; tests that use them are skipped where they are missing."""

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
    """Return the content of `expected_targets.json`."""
    answers: dict[str, Any] = json.loads((SAMPLES / "expected_targets.json").read_text(encoding="utf-8"))
    return answers


def differences(expected: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """Return the comparison function of the samples."""
    spec = importlib.util.spec_from_file_location("compare", SAMPLES / "compare.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: list[str] = module.differences(expected, answer)
    return found


def clerk_of(code: str) -> User:
    """Return the clerk of a county, or an officer of the city, created at the first call."""
    division = Division.objects.by_code(code)
    role = Role.BUREAU_OFFICER if division.level == Division.Level.CITY else Role.DISTRICT_CLERK
    username = f"clerk_{code}"
    return User.objects.filter(username=username).first() or make_user(role, division, username=username)


def upload(
    capsys: pytest.CaptureFixture[str], register: str, path: Path, user: User, **options: Any
) -> tuple[dict[str, Any], int]:
    """Return the output of `manage.py upload … --json` and its exit status."""
    capsys.readouterr()
    status = 0
    try:
        call_command("upload", register, str(path), as_=user.username, json=True, **options)
    except CommandError as error:
        status = error.returncode
    printed = capsys.readouterr().out
    return (json.loads(printed) if printed else {}), status


def city_files() -> list[tuple[str, Path, str]]:
    """Return register, path and division code of the files of the sample city in the order of upload."""
    files = expected_targets()["files"]
    ordered = sorted(files.items(), key=lambda item: REGISTERS.index(item[1]["register"]))
    return [(facts["register"], SAMPLES / "city_2018-06" / name, facts["as_division"]) for name, facts in ordered]


def upload_city(capsys: pytest.CaptureFixture[str], *, only: str = "") -> dict[str, dict[str, Any]]:
    """Upload and commit the whole sample city, or `only` one county's files; return the output of each upload."""
    printed = {}
    for register, path, code in city_files():
        if only in ("", code):
            printed[path.name], _ = upload(capsys, register, path, clerk_of(code), commit="all")
    return printed
