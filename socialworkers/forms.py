"""Filter forms of social workers, trainings, hours and posts."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.pages.filters import FilterForm


class WorkerFilterForm(FilterForm):
    """Form that always shows place, certificate, and whether the worker is in post."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "level", "posted", "registration", "hours")
    search_hint: ClassVar[str] = "姓名、证书编号或社区（请勿输入身份证号）"


class TrainingFilterForm(FilterForm):
    """Filter form of trainings."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind")
    search_hint: ClassVar[str] = "编号或名称"


class TrainingRecordFilterForm(FilterForm):
    """Filter form of hours."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind")
    search_hint: ClassVar[str] = "姓名或培训（请勿输入身份证号）"


class PostFilterForm(FilterForm):
    """Filter form of posts."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "vacant")
    search_hint: ClassVar[str] = "街道（乡镇）名称"
