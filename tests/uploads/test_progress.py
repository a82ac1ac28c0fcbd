"""Tests of the progress: the work continues without it."""

from __future__ import annotations

import datetime

import pytest
from django.core.cache import caches

from accounts.models import User
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.registry import register_named
from changzhi_portal.registers.rows import RegisterRow
from tests.uploads.samples import REGISTERS
from uploads.progress import Progress, Reporter, read_progress


def test_progress_is_shown_and_the_batch_gives_a_sign_of_life() -> None:
    signs = []
    report = Reporter("a" * 13, lambda: signs.append(1))
    report.step("核对现有记录", 20)
    assert read_progress("a" * 13) == Progress("核对现有记录", 0, 20)
    assert signs


def test_a_cache_that_is_away_costs_the_bar_not_the_work(settings: object) -> None:
    settings.CACHES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    signs = []
    try:
        Reporter("b" * 13, lambda: signs.append(1)).step("读取文件")
    finally:
        del caches["default"]
    assert signs


@pytest.mark.django_db
@pytest.mark.parametrize("register", REGISTERS)
def test_comparing_a_large_file_shows_signs_of_life(register: str, clerk: User) -> None:
    seen: list[tuple[int, int]] = []
    day = datetime.date(2018, 6, 30)
    context = CheckContext(
        clerk.division.path, clerk.division, day, day, progress=lambda done, total: seen.append((done, total))
    )
    rows = [RegisterRow({"community_name": f"没有{number}"}) for number in range(1_000)]
    register_named(register)().check(rows, context)
    assert seen[:2] == [(250, 1_000), (500, 1_000)]
    assert seen == sorted(seen)
