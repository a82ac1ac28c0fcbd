"""The progress bar is a convenience: the work goes on without it."""

from __future__ import annotations

from django.core.cache import caches

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
