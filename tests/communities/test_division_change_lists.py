"""Tests of changes of divisions from CSV files: noted and applied together, or refused completely."""

from __future__ import annotations

import datetime
import io
import json

import pytest
from django.core.management import CommandError, call_command

from communities.models import DivisionChange
from tests.communities.changes import place_of

pytestmark = pytest.mark.django_db
CHANGES = "kind,level,effective_on,from_code,from_name,to_code,to_name,source\n"
ROWS = "effective_on,from_code,from_name,to_code,to_name,to_town_name\n"


def apply_lists(folder, changes, rows=None):
    (folder / "changes.csv").write_text(CHANGES + changes, encoding="utf-8-sig")
    options = {"changes": folder / "changes.csv"}
    if rows is not None:
        (folder / "rows.csv").write_text(ROWS + rows, encoding="utf-8")
        options["crosswalk"] = folder / "rows.csv"
    output = io.StringIO()
    call_command("apply_division_changes", as_="bureau", json=True, stdout=output, **options)
    return json.loads(output.getvalue())["applied"]


def test_a_split_that_comes_as_a_list_is_noted_and_applied(place, admin, tmp_path):
    changes = (
        "split,town,2019-05-01,140402001,东街街道办事处,140402001,东街街道办事处,演示\n"
        "split,town,2019-05-01,140402001,东街街道办事处,140402003,新街街道办事处,演示\n"
    )
    rows = "2019-05-01,140402001003,下东社区居委会,140402003001,下东社区居委会,\n"
    (applied,) = apply_lists(tmp_path, changes, rows)
    assert applied["communities"] == 1
    assert place_of(place.communities[2], datetime.date(2019, 5, 1))[1:3] == ("新街街道办事处", "140402003001")
    assert apply_lists(tmp_path, changes, rows) == [], "the same list again"
    assert DivisionChange.objects.count() == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fusion,town,2019-05-01,140402001,东街,140402003,新街,演示\n", "line 2"),
        ("rename,town,2019-15-01,140402001,东街,140402003,新街,演示\n", "line 2"),
        ("rename,town,2019-05-01,140402001,,140402003,新街,演示\n", "line 2"),
        ("rename,town,2019-05-01,140402999,没有的街道,140402003,新街,演示\n", "140402999"),
    ],
)
def test_a_list_that_cannot_be_leaves_nothing_behind(place, admin, tmp_path, line, said):
    with pytest.raises(CommandError, match=said) as refusal:
        apply_lists(tmp_path, line)
    assert refusal.value.returncode == 3
    assert not DivisionChange.objects.exists()


def test_a_list_without_its_columns_or_its_file_is_refused(place, admin, tmp_path):
    (tmp_path / "wrong.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for name, said in (("wrong.csv", "columns missing"), ("none.csv", "not a readable")):
        with pytest.raises(CommandError, match=said):
            call_command("apply_division_changes", as_="bureau", changes=tmp_path / name)
    with pytest.raises(CommandError, match="together with --changes"):
        call_command("apply_division_changes", as_="bureau", crosswalk=tmp_path / "wrong.csv")


def test_a_crosswalk_that_sends_a_community_two_ways_is_refused(place, admin, tmp_path):
    changes = "rename,town,2019-05-01,140402001,东街街道办事处,140402003,新街街道办事处,演示\n"
    row = "2019-05-01,140402001003,下东社区居委会,14040200300{},下东社区居委会,\n"
    with pytest.raises(CommandError, match="contradict"):
        apply_lists(tmp_path, changes, row.format(1) + row.format(2))
    assert not DivisionChange.objects.exists()
