"""Tests of signs in place of characters that a program has lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.registers.columns import TextColumn
from changzhi_portal.registers.lost_characters import could_be, lost_in_free_text, lost_in_name
from changzhi_portal.registers.problems import Doubtful
from orgs.models import SocialOrganization

SIGNS = ["?", "\ufffd", "□", "〓", "_", "\ue863", "\U000f1234"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("name", ["{}亭镇", "虒{}镇", "王{}"])
def test_a_sign_in_a_name_is_found(sign: str, name: str) -> None:
    assert lost_in_name(name.format(sign)) == sign
    read = TextColumn(SocialOrganization, "leader", "负责人").clean(name.format(sign))
    assert isinstance(read, Doubtful)
    assert (read.value, read.code) == (name.format(sign), "lost_character")


@pytest.mark.parametrize(
    "name", ["襄垣县启航社工中心", "YS_2018_001", "襄民_001", "是谁？", "O'Neill", "𠅤亭镇", "A-B", ""]
)
def test_other_names_are_whole(name: str) -> None:
    assert lost_in_name(name) == ""


@pytest.mark.parametrize("text", ["见王\ufffd的说明", "虒?镇", "张□三", "?? ??", "自\ue863造"])
def test_in_free_text_only_what_can_mean_nothing_else_is_found(text: str) -> None:
    assert lost_in_free_text(text)
    assert isinstance(TextColumn(SocialOrganization, "note", "备注").clean(text), Doubtful)


@pytest.mark.parametrize("text", ["是否迁址?", "□是 ☑否", "见附表_2", "http://a/b?c=1", "待核实（?）"])
def test_in_free_text_signs_that_may_be_meant_are_left_alone(text: str) -> None:
    assert lost_in_free_text(text) == ""
    assert TextColumn(SocialOrganization, "note", "备注").clean(text) == text


@given(st.text("虒亭镇长治市襄垣县志愿者", min_size=2, max_size=12), st.data(), st.sampled_from(SIGNS))
def test_a_name_with_any_character_lost_could_be_the_name(name: str, data: st.DataObject, sign: str) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    damaged = f"{name[:place]}{sign}{name[place + 1 :]}"
    assert lost_in_name(damaged)
    assert could_be(damaged, name)
    assert could_be(f"{name[:place]}{sign}{sign}{name[place + 1 :]}", name)  # both bytes of the character
    assert not could_be(name, damaged)
    assert not could_be(damaged, f"{name}队")


def test_a_name_could_not_be_another_one() -> None:
    assert not could_be("?亭镇", "虒亭乡")
    assert not could_be("虒亭镇", "虒亭镇")
    assert not could_be("?亭镇", "?亭镇")
    assert not could_be("亭?", "亭")
