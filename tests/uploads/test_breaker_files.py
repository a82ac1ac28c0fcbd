"""Plausible files of offices that are read wrongly in silence, or were read rightly by e666314 (failing on purpose)."""

from __future__ import annotations

import datetime

import pytest
import xlsxwriter

from tests.uploads.test_files_of_offices import FACILITY_HEADER, HEADER, NAMES, cells, check, figures  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
A, B, C = NAMES
BOTH = [(286, 720), (300, 800)]
DAY = datetime.date(2016, 5, 1)


def test_an_area_in_mu_above_the_table_is_not_read_as_square_metres(place, check):
    header = ["建筑面积" if each.startswith("建筑面积") else each for each in FACILITY_HEADER]
    rows = [["单位：亩", "", "", "", ""], header, [A, "演示站", "综合服务设施", 12, DAY]]
    answer = check(rows, "facilities")
    assert answer["problems"] or answer["errors"], answer["values"]


