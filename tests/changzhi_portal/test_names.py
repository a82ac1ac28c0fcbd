"""Names: kept, compared, sorted."""

from __future__ import annotations

import csv
from difflib import SequenceMatcher, get_close_matches

import pytest
from django.conf import settings

from changzhi_portal.names import community_key, division_key, pinyin_key, tidy
from changzhi_portal.registers.likeness import NameNeighbours, NearestName


@pytest.mark.parametrize(
    ("written", "kept"),
    [("张 三", "张三"), ("张\u3000三", "张三"), ("五阳 煤矿居委会\xa0", "五阳煤矿居委会"), ("ＡＢ１２", "AB12"),
     ("长治市（城区）书画社", "长治市（城区）书画社"), ("Open  Space", "Open Space"),
     ("\u202d张三\u202c", "张三"), ("张\u2060三", "张三")],
)  # fmt: skip
def test_a_name_is_kept_tidy_with_its_own_brackets(written: str, kept: str) -> None:
    assert tidy(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "东关社区居委会",
        "东关社区居民委员会",
        "东关社区",
        "东关居委会",
        "东关村委会",
        "东关村民委员会",
        "东关村",
        "东关",
    ],
)
def test_a_community_is_known_whatever_its_ending(written: str) -> None:
    assert community_key(written) == "东关"


def test_a_community_that_is_called_only_an_ending_keeps_it() -> None:
    assert community_key("社区") == "社区"


def test_a_town_is_known_with_and_without_its_office() -> None:
    assert division_key("东街街道办事处") == division_key("东街街道")
    assert division_key("长治市城区") == division_key("城区")


def test_names_sort_by_how_they_are_read() -> None:
    assert sorted(["长治县", "安居", "长子县"], key=pinyin_key) == ["安居", "长治县", "长子县"]


def test_names_one_character_apart_are_alike_but_not_those_of_numbered_teams() -> None:
    names = NameNeighbours()
    names.add("town", "南关社区书画协会")
    assert names.like("town", "南关社区书法协会") == "南关社区书画协会"
    assert names.like("town", "南关社区书画协会") is None
    assert names.like("other town", "南关社区书法协会") is None
    names.add("town", "志愿服务一队")
    assert names.like("town", "志愿服务二队") is None


def test_what_a_misspelt_name_may_have_meant_is_found_among_thousands_at_once() -> None:
    with (settings.BASE_DIR / "communities" / "data" / "divisions_2017.csv").open(encoding="utf-8", newline="") as file:
        places = [row["name"] for row in csv.DictReader(file)]
    nearest = NearestName(places, community_key)
    assert nearest.to("褫亭镇") == "虒亭镇"
    assert nearest.to("马岭瑙村") == "马岭垴村委会"
    assert nearest.to("没有的地方啊") is None
    keys = [community_key(name) for name in places]
    for name in places[::100]:
        slip = community_key(f"{name[:1]}㐀{name[2:]}")
        compared = get_close_matches(slip, keys, n=1, cutoff=0.5)
        near = nearest.to(slip)
        assert (near is not None) == bool(compared)
        if near is not None:
            assert ratio(slip, community_key(near)) == ratio(slip, compared[0])


def ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, other, one).ratio()
