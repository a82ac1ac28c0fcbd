"""The four columns that say where a row belongs, and what an existing record says in them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from changzhi_portal.registers.columns import Column, PlaceCodeColumn, TextColumn
from communities.models import Community, Division

REF = TextColumn(None, "ref", "记录编号", max_length=13, note="系统生成，请不要改动；新增的行留空")
PLACE_FIELDS = ("county", "town", "community_name", "community_code")


def place_columns(*, county_required: bool, town_required: bool = False, key: bool = True) -> tuple[Column, ...]:
    """Return the columns 县（市、区）, 街道（乡镇）, 社区名称 and 社区代码 with the spellings offices use."""
    return (
        TextColumn(
            None,
            "county",
            "县（市、区）",
            "县区",
            "县市区",
            "所属县区",
            "区县",
            "所属县（市、区）",
            "县区名称",
            "区县名称",
            "县（市、区）名称",
            max_length=50,
            required=county_required,
        ),
        TextColumn(
            None,
            "town",
            "街道（乡镇）",
            "乡镇（街道）",
            "乡镇/街道",
            "街道/乡镇",
            "所属乡镇（街道）",
            "所属街道（乡镇）",
            "街道乡镇",
            "乡镇街道",
            "乡镇",
            "街道",
            "所属乡镇",
            "所属街道",
            "所在乡镇",
            "所在街道",
            "所在乡镇（街道）",
            "所在街道（乡镇）",
            "乡镇名称",
            "街道名称",
            "乡镇（街道）名称",
            "街道（乡镇）名称",
            max_length=50,
            required=town_required,
        ),
        TextColumn(
            None,
            "community_name",
            "社区名称",
            "社区（村）名称",
            "村（社区）名称",
            "社区/村名称",
            "村/社区名称",
            "社区（村）",
            "村（社区）",
            "社区",
            "村（居）名称",
            "居（村）名称",
            "村居名称",
            "村/居名称",
            "居/村名称",
            "村（居）",
            "居（村）",
            "村居",
            "村（居）委会名称",
            "居（村）委会名称",
            "所属社区",
            "所在社区",
            "所属社区（村）",
            "所属村（社区）",
            max_length=60,
            is_key=key,
        ),
        PlaceCodeColumn(
            None,
            "community_code",
            "社区代码",
            "区划代码",
            "社区（村）代码",
            "村（社区）代码",
            "统计用区划代码",
            "社区编码",
            "村（居）代码",
            "居（村）代码",
            "村居代码",
            is_key=key,
            note="12位统计用区划代码",
        ),
    )


def place_values(
    community: Community | None, division: Division | None, today: Mapping[int, Division] = MappingProxyType({})
) -> dict[str, str]:
    """Return the place columns of an existing record; the community's town and county must be loaded.

    `today` is that of `Division.objects.standing_for_closed()`: a record keeps its division when that is closed, and is
    written with the names of what stands there today, which come back without a warning.
    """
    town = community.town if community else division
    if town is None:
        raise ValueError("A record hangs at a community or at a division.")
    town = today.get(town.pk, town)
    is_town = town.level == Division.Level.TOWN
    return {
        "county": town.parent.name if is_town and town.parent else town.name,
        "town": town.name if is_town else "",
        "community_name": community.name if community else "",
        "community_code": community.code if community else "",
    }


def place_in_words(community: Community | None, division: Division | None) -> str:
    """Return town and community, or the town or county alone, in words; the community's town must be loaded."""
    if community is not None:
        return f"{community.town.name} {community.name}"
    return division.name if division is not None else ""
