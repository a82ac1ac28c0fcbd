"""申请材料 in a cell: how offices write what is to be brought, and what of it is meant (docs/adr/0038)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from affairs.models import ItemMaterial
from changzhi_portal.records import field_of
from changzhi_portal.registers.columns import ONE, TextColumn
from changzhi_portal.registers.problems import CellRefusedError, Doubtful

_LONGEST_NAME: Final = field_of(ItemMaterial, "name").max_length or 0
MOST_MATERIALS: Final = 30
_MOST_MONTHS: Final = 1_200
_BETWEEN: Final = re.compile(r"[；;\r\n]+")
# What stands around a name in a list: 1. 1、 （1）, and a full stop or comma behind.
_AROUND: Final = re.compile(r"^(?:\s|[。，,、]|[（(]\d{1,2}[)）]|\d{1,2}[)）]|\d{1,2}[.、．](?!\d))+|[\s。，,、]+$")
_MARKS: Final = re.compile(r"^(?P<name>.+?)\s*[（(](?P<marks>[^（）()]*)[）)]$")
_MONTHS: Final = re.compile(r"(?:有效)?(\d{1,4})个?月(?:内?有效)?")
_WORDS: Final = {
    "必要": {"is_required": True},
    "必需": {"is_required": True},
    "必须": {"is_required": True},
    "非必要": {"is_required": False},
    "非必需": {"is_required": False},
    "可容缺": {"may_follow": True},
    "容缺": {"may_follow": True},
    "可免交": {"is_reusable": True},
    "免交": {"is_reusable": True},
}


class MaterialError(ValueError):
    """What is written of materials cannot be meant; the message is a Chinese sentence without the full stop."""


@dataclass(frozen=True, slots=True)
class Material:
    """One thing to be brought, as `ItemMaterial` stores it."""

    name: str
    is_required: bool = True
    may_follow: bool = False
    is_reusable: bool = False
    valid_months: int | None = None

    @property
    def values(self) -> dict[str, Any]:
        """Return the attributes of an `ItemMaterial`, besides its position."""
        return {
            "name": self.name,
            "is_required": self.is_required,
            "may_follow": self.may_follow,
            "is_reusable": self.is_reusable,
            "valid_months": self.valid_months,
        }

    def written(self) -> str:
        """Return it as a cell says it: 婚姻登记证（可容缺、可免交、有效12个月）."""
        marks = ItemMaterial(**self.values).marks
        return f"{self.name}（{marks}）" if marks else self.name


def read_materials(text: str) -> tuple[Material, ...]:
    """Return the materials that a text lists, separated by ； or on lines of their own, in its order.

    In brackets behind a name may stand 非必要, 可容缺, 可免交 and 有效12个月; brackets with anything else belong to the name.
    Raises MaterialError for a name given twice, marks that contradict one another, and 可免交 without months.
    """
    found = [_read(part) for each in _BETWEEN.split(text) if (part := _AROUND.sub("", each))]
    if len(found) > MOST_MATERIALS:
        raise MaterialError(f"申请材料最多{MOST_MATERIALS}种，现有{len(found)}种")
    names = [each.name for each in found]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise MaterialError(f"“{twice}”写了两次，同一种材料只写一次")
    return tuple(found)


def written_materials(materials: Sequence[Material]) -> str:
    """Return materials as a cell lists them."""
    return "；".join(each.written() for each in materials)


def _read(part: str) -> Material:
    name, words = part, ""
    while (matched := _MARKS.match(name)) is not None and _marks(f"{matched['marks']}、{words}", part) is not None:
        name, words = _AROUND.sub("", matched["name"]), f"{matched['marks']}、{words}"
    values = _marks(words, part) or {}
    if len(name) > _LONGEST_NAME:
        raise MaterialError(f"材料名称最多{_LONGEST_NAME}个字，“{name[:20]}…”太长；几种材料用分号隔开")
    material = Material(name, **values)
    if material.is_reusable and material.valid_months is None:
        raise MaterialError(f"“{name}”可免交，请写明有效几个月，例如：{name}（可免交、有效12个月）")
    return material


def _marks(text: str, part: str) -> dict[str, Any] | None:
    """Return what marks mean; None where they are none, and belong to the name. Raises MaterialError."""
    words = [word.strip() for word in re.split(r"[、，,；;\s]+", text) if word.strip()]
    values: dict[str, Any] = {}
    for word in words:
        months = _MONTHS.fullmatch(word)
        given = {"valid_months": int(months[1])} if months else _WORDS.get(word)
        if given is None:
            return None
        for name, value in given.items():
            if values.setdefault(name, value) != value:
                raise MaterialError(f"“{part}”前后矛盾，请核对")
    if values.get("valid_months") is not None and not 1 <= values["valid_months"] <= _MOST_MONTHS:
        raise MaterialError(f"“{part}”的有效月数应在1到{_MOST_MONTHS}之间")
    return values or None


class MaterialsColumn(TextColumn):
    """申请材料: the materials of one item in one cell, kept as `written_materials` writes them."""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str | Doubtful:
        """Return the materials as they are kept. Raises CellRefusedError `bad_choice` for what cannot be meant."""
        text = super().clean(_BETWEEN.sub("；", raw) if isinstance(raw, str) else raw)
        plain = text.value if isinstance(text, Doubtful) else text
        try:
            kept = written_materials(read_materials(plain))
        except MaterialError as error:
            raise CellRefusedError("bad_choice", str(error)) from error
        if len(kept) > self.max_length:
            raise CellRefusedError("too_long", f"最多{self.max_length}个字")
        return Doubtful(kept, text.code, text.message) if isinstance(text, Doubtful) else kept
