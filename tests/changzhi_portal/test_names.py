"""Tests of names: stored, compared, sorted."""

from __future__ import annotations

import csv
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import permutations

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.names import community_key, comparable, division_key, fold, pinyin_key, tidy
from changzhi_portal.registers.likeness import NameNeighbours, NearestName


@pytest.mark.parametrize(
    ("written", "kept"),
    [("张 三", "张三"), ("张\u3000三", "张三"), ("五阳 煤矿居委会\xa0", "五阳煤矿居委会"), ("ＡＢ１２", "AB12"),
     ("长治市（城区）书画社", "长治市（城区）书画社"), ("Open  Space", "Open Space"),
     ("\u202d张三\u202c", "张三"), ("张\u2060三", "张三"), ("⻓⼦县", "长子县"), ("ﬁne", "fine"), ("\uf90a桥", "金桥"),
     ("520㎡、№3（℃）", "520㎡、№3（℃）"), ("党员室\t议事厅", "党员室 议事厅"), ("张\t三", "张三"), ("\t长治\t", "长治"),
     ("党员\n室", "党员室"), ("𝟏𝟐號", "12號"),
     ("葛\U000e0100村", "葛村"), ("晴\ufe00", "晴")],
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


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("南关书画协会", "南关书法协会", True),  # replaced
        ("南关书画协会", "南关书画社协会", True),  # added
        ("南关书画协会", "南关书协会", True),  # dropped
        ("南关书画协会", "南关画书协会", False),  # two characters differ
        ("南关书画协会", "南关书法社协会", False),
        ("志愿服务一队", "志愿服务二队", False),  # numerals and directions only
        ("东关合唱团队", "西关合唱团队", False),
        ("志愿服务队伍", "志愿服务一队伍", False),
        ("志愿服务一队", "志愿服务分队", True),  # a numeral against something else
        ("志愿服务服队", "志愿服务服服队", True),  # a character doubled, wherever the edit is placed
        ("志愿服务一一队", "志愿服务一队", False),
    ],
)
def test_names_are_alike_that_one_edit_tells_apart_unless_it_is_of_numerals(one: str, other: str, alike: bool) -> None:
    for filed, asked in ((one, other), (other, one)):
        names = NameNeighbours()
        names.add("town", filed)
        assert (names.like("town", asked) == filed) is alike


# Both blocks of radicals and that of strokes, as far as Unicode knows an ideograph for them.
RADICALS = [
    chr(code)
    for block in (range(0x2E80, 0x2EF4), range(0x2F00, 0x2FD6), range(0x31C0, 0x31E4))
    for code in block
    if fold(chr(code)) != chr(code)
]
DOUBLES = {fold(radical): radical for radical in RADICALS}


@pytest.mark.parametrize(
    ("first", "last", "number"), [("⺀", "⻳", 114), ("⼀", "⿕", 214), ("㇀", "㇣", 20)]
)  # of the first block two are no ideograph's, and one code point is free
def test_every_radical_means_an_ideograph(first: str, last: str, number: int) -> None:
    block = [radical for radical in RADICALS if first <= radical <= last]
    assert len(block) == number
    for radical in block:
        assert unicodedata.name(fold(radical)).startswith("CJK UNIFIED IDEOGRAPH-"), radical


@given(st.sampled_from(RADICALS), st.text(), st.text())
def test_a_radical_anywhere_in_a_text_is_stored_and_compared_as_its_ideograph(
    radical: str, before: str, behind: str
) -> None:
    copied, meant = f"{before}{radical}{behind}", f"{before}{fold(radical)}{behind}"
    assert tidy(copied) == tidy(meant)
    assert comparable(copied) == comparable(meant)
    assert fold(tidy(copied)) == tidy(copied)


def test_every_name_of_a_place_copied_from_a_pdf_is_the_same_name() -> None:
    names = real_places()
    copied = [name.translate(str.maketrans(DOUBLES)) for name in names]
    assert sum(one != other for one, other in zip(names, copied, strict=True)) > 500
    assert [tidy(name) for name in copied] == names
    assert list(map(community_key, copied)) == list(map(community_key, names))


@pytest.mark.skipif(shutil.which("perl") is None, reason="needs Perl, which has Unicode's own table")
def test_radicals_are_folded_as_unicode_says() -> None:
    script = (
        'use Unicode::UCD "prop_invmap"; my ($from, $to) = prop_invmap("EqUIdeo");'
        'for (0..$#$from-1) { print "$from->[$_]-", $from->[$_+1] - 1, "=$to->[$_]\\n" if $to->[$_] }'
    )
    run = subprocess.run(["perl", "-e", script], capture_output=True, text=True)
    if run.returncode:
        pytest.skip("Perl comes without Unicode::UCD here")
    lines = [line.replace("-", "=").split("=") for line in run.stdout.split()]
    table = {chr(code): chr(int(to)) for first, last, to in lines for code in range(int(first), int(last) + 1)}
    assert len(table) > 300
    assert {radical: fold(radical) for radical in table} == table


@given(st.text())
def test_folding_knows_what_nfkc_does_to_letters(text: str) -> None:
    for character in text:
        if unicodedata.category(character) in {"Lu", "Ll", "Lo"}:
            assert comparable(fold(character)) == comparable(character)


def real_places() -> list[str]:
    with (settings.BASE_DIR / "communities" / "data" / "divisions_2017.csv").open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


def test_what_a_misspelt_name_may_have_meant_is_found_among_thousands_at_once() -> None:
    nearest = NearestName(real_places(), community_key)
    assert nearest.to("褫亭镇") == "虒亭镇"
    assert nearest.to("马岭瑙村") == "马岭垴村委会"
    assert nearest.to("没有的地方啊") is None


def test_proposals_are_right_more_often_than_those_of_difflib() -> None:
    places = real_places()
    nearest = NearestName(places, community_key)
    keys = list({community_key(name) for name in places})
    ours = difflibs = 0
    for key in sorted(keys)[::60]:
        for slip in slips_of(key):
            near = nearest.to(slip)
            compared = get_close_matches(slip, keys, n=1, cutoff=0.5)
            if compared:
                assert near is not None, slip
            ours += near is not None and community_key(near) == key
            difflibs += compared == [key]
    assert ours > difflibs


def slips_of(key: str) -> Iterator[str]:
    """Yield the key with a character replaced, doubled, or swapped with the next one."""
    yield f"{key[:1]}㐀{key[2:]}"
    yield f"{key[:1]}{key}"
    if len(key) > 2:
        yield f"{key[0]}{key[2]}{key[1]}{key[3:]}"


def test_of_names_equally_near_the_same_one_is_found_in_whatever_order_they_come() -> None:
    places = ["东关社区", "南关社区", "西关社区"]
    found = {NearestName(order, community_key).to("北关社区") for order in permutations(places)}
    assert len(found) == 1
