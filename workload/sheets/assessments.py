"""社区考核: the score of a community's work in a year."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.registers.columns import ONE, Column, DecimalColumn, IntegerColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.problems import Doubtful
from changzhi_portal.registers.rows import RegisterRow
from communities.models import Division
from communities.places import PlaceIndex
from communities.sheets.place_columns import (
    NAMES_OF_COMMUNITY,
    PLACE_LOOKUPS,
    REF,
    place_columns,
    place_in_words,
    place_values,
    with_place,
)
from communities.sheets.placing import RecordSheet
from workload.models import Assessment
from workload.sheets.work_items import NOT_OF_TOWNS


class YearColumn(IntegerColumn):
    """A year: 2018, 2018年, 2018年度."""

    is_figure = False

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> int | Doubtful:
        """Return the year."""
        return super().clean(raw.strip().removesuffix("度").removesuffix("年") if isinstance(raw, str) else raw)


class AssessmentSheet(RecordSheet):
    """A score is known by its community and year; the satisfaction comes from the year's survey."""

    name = "assessments"
    title = "社区考核"
    position = 71
    model = Assessment
    key_cells = ("community_name", "year")
    key_fields = frozenset({"community_id", "year"})
    writes_to = (Assessment,)
    is_needed = False  # brought in once a year
    name_lookup = "community__name"
    identifying = (("community_name", "work_score"), ("community_code", "work_score"))
    list_page = "workload:assessments"
    names_of = NAMES_OF_COMMUNITY
    fields_in_bulk = ("note",)
    place_attributes = ("community_id",)
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        *place_columns(county_required=False),
        YearColumn(Assessment, "year", "年度", "考核年度", required=True, is_key=True, maximum=2100),
        DecimalColumn(Assessment, "work_score", "工作得分", "工作考核得分", "考核得分", required=True),
        TextColumn(Assessment, "note", "备注", "说明"),
    )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """See PlacedSheet.place_rows. Towns assess no community."""
        if context.division.level == Division.Level.TOWN:
            for row in rows:
                row.report("out_of_scope", f"社区考核{NOT_OF_TOWNS}", "work_score")
        return super().place_rows(rows, context)

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find scores by community and year."""
        ids = list({row.place.community.id for row in rows if row.place is not None})
        found: dict[tuple[int, int], Assessment] = {}
        for batch in in_batches(ids):
            of_communities = Assessment.objects.filter(community__in=batch).select_related("community")
            for assessment in context.lock(of_communities.order_by("pk")):
                found[assessment.community_id, assessment.year] = assessment
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key else None

    def natural_key(self, row: RegisterRow) -> tuple[int, int] | None:
        """Return community and year."""
        year = row.get("year")
        return (row.place.community.id, year) if row.place is not None and year else None

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the score."""
        assessment = row.draft(Assessment)
        values = {"community_id": row.place.community.id} | self.given(row, Assessment)
        year = values.get("year", assessment.year)
        row.label = f"{row.place.community.name}{year or ''}年"
        if year is not None and year > context.today.year:
            row.report("future_date", "这一年还没有到，请核对年度", "year")
        write = self.propose(row, assessment, values, division_id=row.place.division_id, is_new=row.is_new)
        row.writes = [write] if write else []

    def name_for_office(self, record: Assessment) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Assessment]:
        """See RegisterSheet.standing. Those of the year."""
        inside = self.writable(scope_path).filter(year=day.year)
        return inside.select_related("community__town").order_by("community__code", "pk")

    def whereabouts(self, record: Assessment) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.community, None)

    def writable(self, scope_path: str) -> QuerySet[Assessment]:
        """See RegisterSheet.writable."""
        inside = Assessment.objects.filter(Assessment.in_subtree(scope_path), community__closed_on__isnull=True)
        return inside.order_by("community__code", "year", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        placed, own = with_place(records, has_division=False), {"": self.columns_of(Assessment)}
        for key, entry, place in read_entries(placed, own, *PLACE_LOOKUPS):
            yield key, entry | place_values(*place)
