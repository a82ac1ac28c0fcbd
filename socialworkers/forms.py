"""Filter form of social workers."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class WorkerFilterForm(FilterForm):
    """Form that always shows place, certificate, and whether the worker is in post."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "level", "posted")
    search_hint: ClassVar[str] = "姓名、证书编号或社区（请勿输入身份证号）"
