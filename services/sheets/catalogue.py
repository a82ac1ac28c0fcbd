"""购买清单: which services an area buys, brought in by counties and the bureau."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import BooleanColumn, ChoiceColumn, Column, DateColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from communities.models import Division
from communities.places import Place, PlaceFinder, PlaceIndex
from communities.sheets.place_columns import REF, place_columns, place_values
from communities.sheets.placing import RecordSheet
from services.models import CatalogueItem


class CatalogueSheet(RecordSheet):
    """A line is known by its number inside its division."""

    name = "catalogue"
    title = "购买清单"
    position = 60
    model = CatalogueItem
    key_cells = ("code",)
    key_fields = frozenset({"code", "division_id"})
    writes_to = (CatalogueItem,)
    is_needed = False  # brought in where something changes, not each month
    needs_community = False
    identifying = (("code", "name", "field"),)
    list_page = "services:catalogue"
    names_of = ("division", "division__successor")
    ends_with = "valid_to"
    end_label = "停止购买"
    fields_in_bulk = ("field", "prefers_organizations", "note")
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "county": "不填的，就是本单位。市局的清单各县（市、区）都能用。",
            "finance_code": "财政部门政府购买服务指导性目录里的代码。",
            "valid_to": "从这一天起不再购买；没有的留空。",
        }
    )
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(
            CatalogueItem,
            "code",
            "清单编号",
            "编号",
            "清单项目编号",
            required=True,
            is_key=True,
            holds_issued_numbers=True,
        ),
        TextColumn(CatalogueItem, "name", "服务事项", "购买服务事项", "服务事项名称", required=True),
        place_columns(county_required=False)[0],
        ChoiceColumn(CatalogueItem, "field", "服务领域", required=True),
        TextColumn(
            CatalogueItem, "finance_code", "目录代码", "指导性目录代码", "财政目录代码", holds_issued_numbers=True
        ),
        BooleanColumn(CatalogueItem, "prefers_organizations", "优先社会组织", "优先向社会组织购买"),
        DateColumn(CatalogueItem, "valid_from", "起", "开始日期", "起始日期", may_be_future=True, required=True),
        DateColumn(CatalogueItem, "valid_to", "止", "终止日期", "截止日期", may_be_future=True),
        TextColumn(CatalogueItem, "note", "备注", "说明"),
    )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Place each line in the 县 that it names, by default where its record is, or at the uploader's own division."""
        index = PlaceIndex(context.scope_path)
        finder = PlaceFinder(index)
        for row in context.passing(rows, half=0):
            if context.division.level == Division.Level.TOWN:
                row.report("out_of_scope", "购买清单由县（市、区）或者市局登记，街道（乡镇）不登记", "code")
                continue
            if "county" in row.refused:
                continue
            if county := row.get("county"):
                self._settle(row, self._look_up(finder, (county, "", "", "")), context)
            else:
                row.place = self.place_by_ref(row, index) or Place(context.division.pk, None)
        return index

    def places_of(self, records: Sequence[CatalogueItem]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of."""
        return {record.pk: (None, record.division_id) for record in records}

    def division_of(self, record: CatalogueItem) -> int:
        """See RegisterSheet.division_of."""
        return record.division_id

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find lines by division and number."""
        wanted = list({number for row in rows if (number := row.get("code"))})
        inside = CatalogueItem.objects.filter(CatalogueItem.in_subtree(context.scope_path))
        found: dict[tuple[int, str], CatalogueItem] = {}
        for batch in in_batches(wanted):
            for item in context.lock(inside.filter(code__in=batch).order_by("pk")):
                division = self._index.today_of(self._index.divisions[item.division_id])
                found[division.pk, comparable(item.code)] = item
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key is not None else None

    def natural_key(self, row: RegisterRow) -> tuple[int, str] | None:
        """Return division and number."""
        number = row.get("code")
        return (row.place.division_id, comparable(number)) if row.place is not None and number else None

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the line."""
        item = row.draft(CatalogueItem)
        values = {"division_id": self.division_for(row, item.division_id)} | self.given(row, CatalogueItem)
        write = self.propose(row, item, values, division_id=row.place.division_id, is_new=row.is_new)
        row.writes = [write] if write else []

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[CatalogueItem]:
        """See RegisterSheet.standing."""
        return self.writable(scope_path).filter(not_ended(day, "valid_to")).select_related("division")

    def whereabouts(self, record: CatalogueItem) -> str:
        """See RegisterSheet.whereabouts."""
        return record.division.name

    def writable(self, scope_path: str) -> QuerySet[CatalogueItem]:
        """See RegisterSheet.writable."""
        return CatalogueItem.objects.filter(CatalogueItem.in_subtree(scope_path)).order_by("code", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        also = ("division_id", "division__level", "division__name", "division__parent__name")
        own = {"": self.columns_of(CatalogueItem)}
        for key, entry, (division_id, level, name, above) in read_entries(records, own, *also):
            place = place_values(division_id, level, name, above, None, None, today=today)
            yield key, entry | {"county": place["county"]}
