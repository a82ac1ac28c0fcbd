"""制度文件: documents of divisions and development plans of communities, brought in where something was issued (有则报)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import comparable
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import ChoiceColumn, Column, DateColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from communities.models import Division
from communities.places import Place, PlaceIndex
from communities.sheets.place_columns import (
    NAMES_OF_PLACE,
    PLACE_LOOKUPS,
    REF,
    place_columns,
    place_in_words,
    place_values,
    with_place,
)
from communities.sheets.placing import RecordSheet
from practice.models import Document


class DocumentSheet(RecordSheet):
    """A document is known by its community or division, and its number. A row without a place is of the uploader's own office."""

    name = "documents"
    title = "制度文件"
    position = 75
    model = Document
    key_cells = ("number",)
    key_fields = frozenset({"number", "community_id", "division_id"})
    writes_to = (Document,)
    needs_community = False
    is_needed = False  # 有则报
    name_lookup = "title"
    identifying = (("number", "title"),)
    list_page = "practice:document_list"
    names_of = NAMES_OF_PLACE
    ends_with = "valid_to"
    end_label = "失效"
    fields_in_bulk = ("note",)
    monthly_fields = ("number", "title", "valid_to")
    place_attributes = ("community_id", "division_id")
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            **RecordSheet.hints_in_forms,
            "county": "不填的，就是本单位的文件。",
            "community_name": "只有社区发展规划填写。",
            "number": "照文件上的文号写，例如：长民发〔2017〕138号；社区发展规划没有文号的，写社区自己的编号。",
            "valid_to": "从这一天起失效；没有期限的留空。",
        }
    )
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        *place_columns(county_required=False),
        ChoiceColumn(Document, "kind", "类别", "文件类别", "文件类型", required=True),
        TextColumn(
            Document, "number", "文号", "文件编号", "发文字号", required=True, is_key=True, holds_issued_numbers=True
        ),
        TextColumn(Document, "title", "标题", "文件名称", "文件标题", required=True),
        DateColumn(Document, "issued_on", "印发日期", "发文日期", "印发时间", "成文日期", required=True),
        DateColumn(Document, "valid_to", "失效日期", "废止日期", "有效期至", may_be_future=True),
        TextColumn(Document, "note", "备注", "说明"),
    )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """See PlacedSheet.place_rows."""
        self._own_division = context.division.pk
        return super().place_rows(rows, context)

    def place_by_ref(self, row: RegisterRow, index: PlaceIndex) -> Place | None:
        """See PlacedSheet.place_by_ref. A row that names neither a record nor a place is of the uploader's own office."""
        return super().place_by_ref(row, index) or Place(self._own_division, None)

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find documents by their community or division, and their number."""
        communities = {row.place.community.id for row in rows if row.place and row.place.community}
        divisions = {row.place.division_id for row in rows if row.place and not row.place.community}
        # What a division issued that has closed since is found by what stands there today.
        today = {past: division for division in divisions for past in self._index.past_of(division)}
        found: dict[Any, Document] = {}
        for column, ids in (("community_id", communities), ("division_id", today)):
            for batch in in_batches(list(ids)):
                known = Document.objects.filter(**{f"{column}__in": batch}).order_by("pk")
                for document in context.lock(known):
                    place = getattr(document, column)
                    key = (column, place if document.division_id is None else today[place], document.number_key)
                    found.setdefault(key, document)
        for row in rows:
            row.label = row.get("title", "")
            row.target = found.get(self.natural_key(row))

    def natural_key(self, row: RegisterRow) -> Any:
        """Return community or division, and number."""
        number = row.get("number")
        if row.place is None or not number:
            return None
        if row.place.community:
            return ("community_id", row.place.community.id, comparable(number))
        return ("division_id", row.place.division_id, comparable(number))

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the document."""
        document = row.draft(Document)
        community = row.place.community
        values = {
            "community_id": community.id if community else None,
            "division_id": None if community else self.division_for(row, document.division_id),
        } | self.given(row, Document)
        write = self.propose(row, document, values, division_id=row.place.division_id, is_new=row.is_new)
        row.writes = [write] if write else []

    def name_for_office(self, record: Document) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Document]:
        """See RegisterSheet.standing."""
        inside = self.writable(scope_path).filter(not_ended(day, "valid_to"))
        return inside.select_related("community__town", "division").order_by("community__code", "pk")

    def whereabouts(self, record: Document) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.community, record.division)

    def writable(self, scope_path: str) -> QuerySet[Document]:
        """See RegisterSheet.writable."""
        inside = Document.objects.filter(Document.in_subtree(scope_path), community__closed_on__isnull=True)
        return inside.order_by("division__code", "community__code", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        own = {"": self.columns_of(Document)}
        for key, entry, place in read_entries(with_place(records), own, *PLACE_LOOKUPS):
            yield key, entry | place_values(*place, today=today)
