"""The four columns that say where a row belongs, and what an existing record says in them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from changzhi_portal.registers.columns import Column, PlaceCodeColumn, TextColumn
from communities.models import Community, Division

REF = TextColumn(None, "ref", "记录编号", max_length=13, note="系统生成，请不要改动；新增的行留空")
# Where the names come from that these columns say of a record at a community, or at a division.
NAMES_OF_COMMUNITY = ("community", "community__town", "community__town__parent")
NAMES_OF_PLACE = (*NAMES_OF_COMMUNITY, "division", "division__parent", "division__successor")
# What `with_place` annotates.
PLACE_LOOKUPS = ("place_division", "place_level", "place_town", "place_above", "place_community", "place_code")
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


def with_place(records: QuerySet, *, prefix: str = "", has_division: bool = True) -> QuerySet:
    """Annotate records that hang at a community, or else at a division, with PLACE_LOOKUPS, which `place_values` takes.

    `prefix` is a lookup that leads to what hangs there. Joins, where `select_related` would make four objects a record.
    """

    def at(lookup: str) -> Any:
        of_community = F(f"{prefix}community__town{lookup}")
        return Coalesce(of_community, F(f"{prefix}division{lookup}")) if has_division else of_community

    return records.annotate(
        place_division=at(""),
        place_level=at("__level"),
        place_town=at("__name"),
        place_above=at("__parent__name"),
        place_community=F(f"{prefix}community__name"),
        place_code=F(f"{prefix}community__code"),
    )


def place_values(
    division_id: int,
    level: str,
    town: str,
    above: str | None,
    community: str | None,
    code: str | None,
    *,
    today: Mapping[int, Division] = MappingProxyType({}),
) -> dict[str, str]:
    """Return the place columns of a record from its PLACE_LOOKUPS.

    `today` is that of `Division.objects.standing_for_closed()`: a record keeps its division when that is closed, and is
    written with the names of what stands there today, which come back without a warning.
    """
    if (standing := today.get(division_id)) is not None:
        level, town, above = standing.level, standing.name, standing.parent.name if standing.parent else None
    is_town = level == Division.Level.TOWN
    return {
        "county": (above or town) if is_town else town,
        "town": town if is_town else "",
        "community_name": community or "",
        "community_code": code or "",
    }


def place_values_of(community: Community) -> dict[str, str]:
    """Return the place columns of what hangs at one community; its town and county must be loaded."""
    town = community.town
    above = town.parent.name if town.parent else None
    return place_values(town.pk, town.level, town.name, above, community.name, community.code)


def place_in_words(community: Community | None, division: Division | None) -> str:
    """Return town and community, or the town or county alone, in words; the community's town must be loaded."""
    if community is not None:
        return f"{community.town.name} {community.name}"
    return division.name if division is not None else ""
