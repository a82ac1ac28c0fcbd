"""Names: kept, compared, sorted."""

from __future__ import annotations

import pytest

from changzhi_portal.names import community_key, division_key, pinyin_key, tidy
from changzhi_portal.sheets.likeness import NameNeighbours


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
