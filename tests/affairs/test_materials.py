"""Tests of 申请材料 in a cell: what offices write, what it means, and that reading what was written changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affairs.materials import Material, MaterialError, read_materials, written_materials


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("居民身份证", (Material("居民身份证"),)),
        ("1.身份证；2.照片", (Material("身份证"), Material("照片"))),
        ("1、身份证\n2、照片。", (Material("身份证"), Material("照片"))),
        ("（1）身份证;（2）2寸照片", (Material("身份证"), Material("2寸照片"))),
        ("1.2寸照片", (Material("1.2寸照片"),)),
        ("照片（非必要）", (Material("照片", is_required=False),)),
        ("照片(非必需、容缺)", (Material("照片", is_required=False, may_follow=True),)),
        ("结婚证（原件）（可容缺）", (Material("结婚证（原件）", may_follow=True),)),
        ("结婚证（原件、复印件）", (Material("结婚证（原件、复印件）"),)),
        ("身份证（可免交，12个月内有效）", (Material("身份证", is_reusable=True, valid_months=12),)),
        ("体检表（有效6个月）", (Material("体检表", valid_months=6),)),
        ("身份证（必要）", (Material("身份证"),)),
        ("；；", ()),
    ],
)
def test_materials_are_read_as_offices_write_them(text, meant):
    assert read_materials(text) == meant


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("身份证；身份证（可容缺）", "写了两次"),
        ("身份证（可免交）", "请写明有效几个月"),
        ("身份证（必要、非必要）", "前后矛盾"),
        ("身份证（有效0个月）", "有效月数应在1到"),
        ("；".join(f"材料{number}" for number in range(31)), "最多30种"),
        ("长" * 101, "最多100个字"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(text, told):
    with pytest.raises(MaterialError, match=told):
        read_materials(text)


def test_materials_are_written_with_their_marks():
    materials = (Material("身份证", is_reusable=True, valid_months=12), Material("照片", is_required=False))
    assert written_materials(materials) == "身份证（可免交、有效12个月）；照片（非必要）"


@given(st.text("证照（）()1.、，；。 非必要可容缺免交有效2个月\n", max_size=40))
def test_what_was_written_is_read_again_as_the_same(text):
    try:
        materials = read_materials(text)
    except MaterialError:
        return
    assert read_materials(written_materials(materials)) == materials
