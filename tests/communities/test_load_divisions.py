"""Tests of the reference data of 2017 and of the command that loads them."""

import csv
import datetime
from collections import Counter

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from changzhi_portal.records import BEGINNING
from communities.actions import load_divisions
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange
from communities.reference import DATA, listed_communities

pytestmark = pytest.mark.django_db


def test_the_whole_real_city_is_loaded_and_said(capsys):
    call_command("load_divisions")
    assert capsys.readouterr().out == (
        "Loaded 1 city, 14 counties, 166 towns, 3606 communities and 5 county changes (noted, not applied).\n"
    )
    assert Counter(Division.objects.values_list("level", flat=True)) == {"city": 1, "county": 14, "town": 166}
    assert Counter(Community.objects.values_list("kind", flat=True)) == {"urban": 145, "rural": 3_446, "": 15}


def test_loading_twice_changes_nothing_and_says_so(city, capsys):
    before = {model: list(model.objects.order_by("id").values()) for model in (Division, Community, DivisionChange)}
    call_command("load_divisions")
    assert "nothing changed" in capsys.readouterr().out
    assert {model: list(model.objects.order_by("id").values()) for model in before} == before
    assert CommunityPlacement.objects.count() == 3_606


def test_a_second_load_keeps_the_kind_a_person_has_set(city):
    Community.objects.filter(code="140421101400").update(kind="urban", name="司马矿区社区")
    assert load_divisions().is_empty
    community = Community.objects.get(code="140421101400")
    assert (community.kind, community.name) == ("urban", "司马矿区社区")


def test_a_community_that_was_renumbered_since_is_not_loaded_again(city):
    community = Community.objects.get(code="140402001001")
    day = datetime.date(2018, 11, 23)
    placement = community.placements.get()
    CommunityPlacement.objects.filter(pk=placement.pk).update(valid_to=day)
    CommunityPlacement.objects.create(
        community=community,
        town=community.town,
        code="140403001001",
        name=community.name,
        name_key=community.name_key,
        valid_from=day,
    )
    Community.objects.filter(pk=community.pk).update(code="140403001001")
    assert load_divisions().is_empty
    assert Community.objects.count() == 3_606


def test_only_what_is_missing_is_added(city):
    lost = Community.objects.get(code="140402001003")
    CommunityPlacement.objects.filter(community=lost).delete()
    lost.delete()
    loaded = load_divisions()
    assert (loaded.communities, loaded.towns, loaded.changes) == (1, 0, 0)
    assert Community.objects.get(code="140402001003").placements.get().valid_from == BEGINNING


def test_urban_districts_and_the_statistical_county_are_marked(city):
    marked = Division.objects.counties()
    assert set(marked.filter(is_urban_district=True).values_list("name", flat=True)) == {"城区", "郊区"}
    assert list(marked.filter(is_statistical=True).values_list("code", flat=True)) == ["140471"]


def test_the_tree_hangs_together(city):
    for division in Division.objects.select_related("parent"):
        above = division.parent.path if division.parent else ""
        assert division.path == f"{above}{division.code}/"
    assert Community.objects.within(Division.objects.by_code("140402")).count() == 83
    assert not Community.objects.exclude(town__level="town").exists()


def test_every_community_has_one_open_placement_that_repeats_it(city):
    community = Community.objects.get(code="140402001001")
    placement = community.placements.get()
    assert (placement.town_id, placement.code, placement.name, placement.name_key, placement.valid_to) == (
        community.town_id,
        "140402001001",
        "和平社区居委会",
        "和平",
        None,
    )
    assert CommunityPlacement.objects.filter(valid_to__isnull=True).count() == 3_606


def test_virtual_places_are_marked_and_have_no_kind(city):
    virtual = Community.objects.filter(is_virtual=True)
    assert virtual.count() == 10
    assert set(virtual.values_list("kind", flat=True)) == {""}


def test_the_county_changes_of_2018_are_known_but_not_applied(city):
    changes = DivisionChange.objects.values_list("from_name", "to_name", "to_code", "kind", "applied_at")
    assert set(changes) == {
        ("城区", "潞州区", "140403", "merge", None),
        ("郊区", "潞州区", "140403", "merge", None),
        ("长治县", "上党区", "140404", "rename", None),
        ("屯留县", "屯留区", "140405", "rename", None),
        ("潞城市", "潞城区", "140406", "rename", None),
    }
    assert set(DivisionChange.objects.values_list("effective_on", flat=True)) == {datetime.date(2018, 11, 23)}
    assert Division.objects.current().count() == 181


def test_loading_writes_in_batches_not_row_by_row():
    with CaptureQueriesContext(connection) as queries:
        load_divisions()
    assert len(queries) < 100


def test_the_crosswalk_says_of_every_community_where_it_went():
    with (DATA / "crosswalk_2017_2018.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["code_2017"] for row in rows} == {community.code for community in listed_communities()}
    assert Counter(row["match"] for row in rows)["gone_or_changed"] == 129
    assert all(bool(row["code_2018"]) == (row["match"] != "gone_or_changed") for row in rows)


def test_the_crosswalk_is_loaded_without_the_rows_that_stayed_the_same(city):
    rows = {row.from_code: row for row in CrosswalkRow.objects.all()}
    assert len(rows) == 961 + 129
    assert rows["140411001001"].to_code == "140403011001", "a town whose number changed"
    assert (rows["140481101200"].to_code, rows["140481101200"].to_name) == ("140406101200", "子北村委会")
    assert rows["140421406201"].to_town_name == "信义管委会", "a town that is new"
    without = [row for row in rows.values() if not row.to_code]
    assert len(without) == 108
    assert {row.from_code[:6] for row in without} == {
        "140402",
        "140423",
        "140424",
        "140426",
        "140427",
        "140429",
        "140471",
    }


def test_what_was_looked_up_by_hand_speaks_of_rows_without_a_counterpart_only():
    def rows(name):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    compared = {row["code_2017"]: row for row in rows("crosswalk_2017_2018.csv")}
    by_hand = rows("crosswalk_2017_2018_further.csv")
    assert all(compared[row["code_2017"]]["match"] == "gone_or_changed" for row in by_hand)
    assert all(compared[row["code_2017"]]["name_2017"] == row["name_2017"] for row in by_hand)
    found = {row["code_2018"] for row in compared.values()}
    assert found.isdisjoint(row["code_2018"] for row in by_hand)
