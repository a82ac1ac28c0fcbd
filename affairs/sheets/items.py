"""公共服务事项: what may be handed in at the city's counters, kept by the bureau's administrators."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from django.db.models import QuerySet

from affairs.materials import MaterialsColumn, read_materials
from affairs.models import LONGEST_MATERIALS, Item, ItemMaterial, ItemVersion
from affairs.rights import MAY_KEEP_ITEMS
from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import ChoiceColumn, Column, DateColumn, IntegerColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Write, propose
from changzhi_portal.rights import has_right
from communities.places import Place, PlaceIndex
from communities.sheets.place_columns import REF
from communities.sheets.placing import RecordSheet

KEPT_BY_BUREAU = "公共服务事项由市局管理员登记，其他单位不登记"
_MOST_DAYS = 999
_CODE_LENGTH = 12


class CatalogueCodeColumn(TextColumn):
    """基本编码: 12 digits; a .0 of a number behind them is dropped."""

    def clean(self, raw: Any, multiplier: Any = 1) -> Any:
        """Return the digits. Raises CellRefusedError `too_long`; the row check says what is no code."""
        return super().clean(f"{raw:.0f}" if isinstance(raw, float) else raw)


class ItemSheet(RecordSheet):
    """An item is known by its code. A row with a later 起 opens a new version and ends the one before; else it corrects that."""

    name = "items"
    title = "公共服务事项"
    position = 64
    model = Item
    key_cells = ("code",)
    key_fields = frozenset({"code"})
    writes_to = (Item, ItemVersion, ItemMaterial)
    is_needed = False  # brought in where something changes, not each month
    needs_community = False
    identifying = (("code", "reach"), ("code", "promised_days"))
    list_page = "affairs:list"
    ends_with = "valid_to"
    end_label = "停止办理"
    fields_of_new_part = ("basis", "mode", "legal_days", "promised_days", "reach", "materials", "valid_from")
    new_part_label = "新版本"
    fields_in_bulk = ("state", "note")
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "catalogue_code": "国家基本目录里的12位编码，没有的不填。",
            "promised_days": "工作日。即办件填0；不能超过法定时限。",
            "materials": (
                "用分号隔开，或者一行写一种。名称后面的括号里写：非必要、可容缺、可免交、有效几个月，例如："
                "居民身份证（可免交、有效12个月）；婚姻登记证（可容缺）；照片（非必要）。"
            ),
            "valid_from": "从哪一天起这样办。已受理的办件按受理时的一版办。",
            "valid_to": "从这一天起不再办理；没有的留空。",
        }
    )
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(Item, "code", "事项编码", "编码", required=True, is_key=True, holds_issued_numbers=True),
        CatalogueCodeColumn(Item, "catalogue_code", "基本编码", "基本目录编码", holds_issued_numbers=True),
        TextColumn(Item, "name", "名称", "事项名称", "公共服务事项名称", "办理事项", required=True),
        ChoiceColumn(Item, "kind", "类型", "事项类型", required=True),
        ChoiceColumn(Item, "audience", "服务对象", required=True),
        TextColumn(ItemVersion, "basis", "设定依据", "法律依据"),
        ChoiceColumn(ItemVersion, "mode", "办件类型", required=True),
        IntegerColumn(ItemVersion, "legal_days", "法定时限（工作日）", "法定时限", "法定办结时限", maximum=_MOST_DAYS),
        IntegerColumn(
            ItemVersion,
            "promised_days",
            "承诺时限（工作日）",
            "承诺时限",
            "承诺办结时限",
            maximum=_MOST_DAYS,
            required=True,
        ),
        ChoiceColumn(ItemVersion, "reach", "通办范围", required=True),
        MaterialsColumn(
            ItemVersion, "materials", "申请材料", "办理材料", "所需材料", "材料清单", max_length=LONGEST_MATERIALS
        ),
        ChoiceColumn(Item, "state", "状态", "事项状态"),
        DateColumn(ItemVersion, "valid_from", "起", "开始日期", "起始日期", may_be_future=True, required=True),
        DateColumn(ItemVersion, "valid_to", "止", "终止日期", "截止日期", may_be_future=True),
        TextColumn(Item, "note", "备注", "说明"),
    )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Place each row at the city; report the rows of whoever does not keep the items."""
        index = PlaceIndex(context.scope_path)
        may_keep = has_right(context.by, MAY_KEEP_ITEMS)
        for row in context.passing(rows, half=0):
            if may_keep:
                row.place = Place(context.division.pk, None)
            else:
                row.report("out_of_scope", KEPT_BY_BUREAU, "code")
        return index

    def places_of(self, records: Sequence[Item]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of."""
        return {record.pk: (None, record.division_id) for record in records}

    def division_of(self, record: Item) -> int:
        """See RegisterSheet.division_of."""
        return record.division_id

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find items by their code; it names one for good."""
        wanted = list({comparable(code) for row in rows if (code := row.get("code"))})
        found: dict[str, Item] = {}
        for batch in in_batches(wanted):
            for item in context.lock(Item.objects.filter(code_key__in=batch).order_by("pk")):
                found[item.code_key] = item
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key is not None else None

    def natural_key(self, row: RegisterRow) -> str | None:
        """Return the code as it is compared."""
        code = row.get("code")
        return comparable(code) if code else None

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load the versions of the matched items, the newest first, and the materials of the newest ones."""
        self._versions: defaultdict[int, list[ItemVersion]] = defaultdict(list)
        self._materials: defaultdict[int, dict[str, ItemMaterial]] = defaultdict(dict)
        for batch in in_batches([row.target.pk for row in rows if row.target is not None]):
            versions = ItemVersion.objects.filter(item__in=batch).select_related("item").order_by("-valid_from")
            for version in context.lock(versions):
                self._versions[version.item_id].append(version)
            newest = ItemMaterial.objects.filter(version__item__in=batch, version__is_newest=True)
            for material in context.lock(newest.order_by("pk")):
                self._materials[material.version_id][material.name] = material

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose the item, the version, the version that it ends, and the materials."""
        item = row.draft(Item)
        division = row.place.division_id if row.is_new else item.division_id
        values = self.given(row, Item)
        if row.is_new:
            values["division_id"] = division
        code = values.get("catalogue_code")
        if code and not (code.isdecimal() and code.isascii() and len(code) == _CODE_LENGTH):
            row.report("bad_number", f"基本编码是{_CODE_LENGTH}位数字，请核对", "catalogue_code")
        writes: list[Write | None] = [self.propose(row, item, values, division_id=division, is_new=row.is_new)]
        versions = self._versions[item.pk] if item.pk else []
        writes += self._version_writes(row, item, versions, division)
        row.writes = [write for write in writes if write is not None]

    def _version_writes(
        self, row: RegisterRow, item: Item, versions: Sequence[ItemVersion], division: int
    ) -> list[Write | None]:
        newest = versions[0] if versions else None
        started = row.get("valid_from")
        given = self.given(row, ItemVersion)
        if newest is not None and (row.corrects or started is None or started == newest.valid_from):
            if len(versions) > 1 and started is not None and started <= versions[1].valid_from:
                row.report("date_order", f"“起”不晚于前一版的“起”{versions[1].valid_from}，请核对", "valid_from")
                return []
            write = self.propose(row, newest, given, division_id=division, is_new=False)
            previous = self._follow_start(row, versions, write, division)
            return [previous, write, *self._material_writes(row, newest, write, division)]
        version = ItemVersion(item=item)
        if newest is None:
            write = self.propose(row, version, given, division_id=division, is_new=True)
            return [write, *self._material_writes(row, version, write, division)]
        if started < newest.valid_from:
            told = f"“起”早于现在的一版（{newest.valid_from}起），只能修改最近的一版，请核对"
            row.report("date_order", told, "valid_from")
            return []
        before = {name: getattr(newest, name) for name in self._attributes}
        write = self.propose(row, version, before | given, division_id=division, is_new=True)
        if write is not None:
            write.follows = {**before, "valid_from": newest.valid_from}
        closed = self._close(row, newest, started, division)
        return [closed, write, *self._material_writes(row, version, write, division)]

    @property
    def _attributes(self) -> list[str]:
        """Return what a new version takes over where nothing else is said: all but its days."""
        own = (column.attribute for column in self.columns_of(ItemVersion))
        return [name for name in own if name not in ItemVersion.dated_by]

    @staticmethod
    def _close(row: RegisterRow, newest: ItemVersion, started: datetime.date, division: int) -> Write | None:
        """Propose to end the newest version when the next one begins, unless it has ended before."""
        values: dict[str, Any] = {"is_newest": False}
        if newest.valid_to is None or newest.valid_to > started:
            values["valid_to"] = started
        write = propose(newest, values, division_id=division, is_new=False)
        if write is not None:
            write.is_said = True
            told = f"从{started}起按新的一版办，{newest.valid_from}起的一版到{newest.valid_to}为止，已受理的办件不变"
            row.say(told, because="valid_from")
        return write

    @staticmethod
    def _follow_start(
        row: RegisterRow, versions: Sequence[ItemVersion], write: Write | None, division: int
    ) -> Write | None:
        """Propose to move the end of the version before, where the newest one's first day is corrected."""
        if write is None or "valid_from" not in write.after or len(versions) < 2:
            return None
        previous, day = versions[1], write.after["valid_from"]
        if previous.valid_to != write.before["valid_from"]:
            return None
        moved = propose(previous, {"valid_to": day}, division_id=division, is_new=False)
        if moved is not None:
            moved.is_said = True
            row.say(f"{previous.valid_from}起的一版改到{day}为止", because="valid_from")
        return moved

    def _material_writes(
        self, row: RegisterRow, version: ItemVersion, write: Write | None, division: int
    ) -> list[Write | None]:
        """Propose the materials that the text of a version lists, where it changes; those no longer listed are struck."""
        if write is None or "materials" not in write.after:
            return []
        there = self._materials[version.pk] if version.pk else {}
        wanted = read_materials(version.materials)
        writes: list[Write | None] = []
        for position, each in enumerate(wanted, start=1):
            known = there.get(each.name)
            material = known or ItemMaterial(version=version)
            values = {**each.values, "position": position, "is_listed": True}
            writes.append(propose(material, values, division_id=division, is_new=known is None))
        names = {each.name for each in wanted}
        struck = [material for name, material in there.items() if name not in names and material.is_listed]
        writes += [propose(material, {"is_listed": False}, division_id=division, is_new=False) for material in struck]
        for part in writes:
            if part is not None:
                part.is_said = True
        if not write.is_new and struck:
            row.say(f"不再要求：{'、'.join(material.name for material in struck)}", because="materials")
        return writes

    def end_of(self, record: Any) -> datetime.date | None:
        """See RegisterSheet.end_of. The last day of the newest version."""
        newest: ItemVersion | None = record.versions.filter(is_newest=True).first()
        return None if newest is None else newest.valid_to

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Item]:
        """See RegisterSheet.standing."""
        lasting = self.writable(scope_path).filter(not_ended(day, "newest__valid_to"))
        return lasting.exclude(state=Item.State.CANCELLED).select_related("division")

    def whereabouts(self, record: Item) -> str:
        """See RegisterSheet.whereabouts."""
        return record.division.name

    def reason_against_writing(self, record: Item) -> str:
        """See RegisterSheet.reason_against_writing."""
        return "由市局管理员登记，本单位不能修改"

    def writable(self, scope_path: str) -> QuerySet[Item]:
        """See RegisterSheet.writable."""
        inside = Item.objects.with_newest_version().filter(Item.in_subtree(scope_path))
        return inside.order_by("code", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries. Each item with its newest version; `records` has loaded it as `newest`."""
        own = {"": self.columns_of(Item), "newest__": self.columns_of(ItemVersion)}
        for key, entry, _ in read_entries(records, own):
            yield key, entry
