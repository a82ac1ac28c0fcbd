"""项目评估: mid-term and final reviews and acceptances of projects."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from django.db import models
from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.registers.columns import ChoiceColumn, Column, DateColumn, DecimalColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Wording
from communities.models import Division
from communities.places import Place, PlaceFinder, PlaceIndex
from communities.sheets.place_columns import REF, place_columns
from communities.sheets.placing import RecordSheet
from services.models import Review, ServiceProject, grade_of
from services.sheets.finding import ProjectFinder, project_column


class ReviewSheet(RecordSheet):
    """A review is known by its project, its kind and its day."""

    name = "reviews"
    title = "项目评估"
    position = 61
    model = Review
    key_cells = ("project_number", "kind", "reviewed_on")
    key_fields = frozenset({"project_id", "kind", "reviewed_on"})
    writes_to = (Review,)
    looks_at: ClassVar[tuple[type[models.Model], ...]] = (*RecordSheet.looks_at, ServiceProject)
    is_needed = False  # 有则报
    needs_community = False
    identifying = (("project_number", "kind", "reviewed_on"), ("project_number", "reviewer"))
    list_page = "services:reviews"
    name_lookup = "project__name"
    names_of = ("project", "project__division", "project__division__successor")
    fields_in_bulk = ("reviewer", "note")
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "county": "项目所属的县（市、区）；本单位的不填。",
            "score": "0到100。90分以上为优，80分以上为良，60分以上为中，其余为差。",
            "kind": "末期评估的得分确定项目的绩效等级。",
        }
    )
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        project_column(required=True),
        place_columns(county_required=False)[0],
        ChoiceColumn(Review, "kind", "评估类型", "评估类别", "评估阶段", required=True, is_key=True),
        DateColumn(Review, "reviewed_on", "评估日期", "评估时间", "验收日期", required=True, is_key=True),
        DecimalColumn(Review, "score", "得分", "评估得分", "评分"),
        ChoiceColumn(Review, "reviewer", "评估方", "评估机构类型"),
        TextColumn(Review, "note", "备注", "说明"),
    )

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Place each row in the 县 that it names, by default where its record is, or at the uploader's own division."""
        index = PlaceIndex(context.scope_path)
        finder = PlaceFinder(index)
        for row in context.passing(rows, half=0):
            if "county" in row.refused:
                continue
            if county := row.get("county"):
                self._settle(row, self._look_up(finder, (county, "", "", "")), context)
            else:
                row.place = self.place_by_ref(row, index) or Place(context.division.pk, None)
        return index

    def places_of(self, records: Sequence[Review]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of. The division of the project."""
        of_projects = Review.objects.filter(pk__in=[record.pk for record in records])
        return {key: (None, division) for key, division in of_projects.values_list("pk", "project__division_id")}

    def division_of(self, record: Review) -> int:
        """See RegisterSheet.division_of."""
        return record.project.division_id

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find reviews by project, kind and day."""
        also = {record.project_id for record in self._by_ref.values()}
        self._finder = ProjectFinder(rows, self._index, context, also=also)
        self._named = {id(row): self._finder.find(row, may_serve=False) for row in rows}
        projects = {project.pk for project in self._named.values() if project is not None} | also
        self._known: dict[tuple[int, str, datetime.date], Review] = {}
        for batch in in_batches(sorted(projects)):
            for review in context.lock(Review.objects.filter(project__in=batch).order_by("pk")):
                self._known[review.project_id, review.kind, review.reviewed_on] = review
        for row in rows:
            key = self.natural_key(row)
            row.target = self._known.get(key) if key is not None else None

    def natural_key(self, row: RegisterRow) -> tuple[int, str, datetime.date] | None:
        """Return project, kind and day."""
        project, kind, day = self._named.get(id(row)), row.get("kind"), row.get("reviewed_on")
        return (project.pk, kind, day) if project is not None and kind and day else None

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the review; say which grade a final one gives."""
        review = row.draft(Review)
        before = None if row.is_new else self._finder.by_key.get(review.project_id)
        project = self._named[id(row)] or before
        if project is None:
            return
        row.label = project.name
        values = {"project_id": project.pk} | self.given(row, Review)
        division = self._index.today_of(self._index.divisions[project.division_id]).pk
        write = self.propose(row, review, values, division_id=division, is_new=row.is_new)
        review.project = project  # what the review is called
        if write is not None and before is not None and before.pk != project.pk:
            write.words = {"project_id": Wording("项目编号", before.number, project.number)}
        if write is not None and not row.has_error:
            self._judge(row, review, project)
        row.writes = [write] if write else []

    @staticmethod
    def _judge(row: RegisterRow, review: Review, project: ServiceProject) -> None:
        """Say the grade of a final score; warn of one that differs from 绩效等级 of the project, and of a day before it."""
        if review.reviewed_on < project.starts_on:
            row.report("contradicts_project", f"评估日期早于项目开始日期{project.starts_on}，请核对", "reviewed_on")
        if review.kind != Review.Kind.FINAL or review.score is None:
            return
        grade = grade_of(review.score)
        label = ServiceProject.Grade(grade).label
        row.say(f"末期评估{review.score.normalize():f}分，项目绩效等级按“{label}”", because="score")
        if project.grade and project.grade != grade:
            told = f"项目登记的绩效等级是“{project.get_grade_display()}”，末期评估是“{label}”，以末期评估为准，请核对"
            row.report("contradicts_project", told, "score")

    def name_for_office(self, record: Review) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Review]:
        """See RegisterSheet.standing. Those of the year."""
        return self.writable(scope_path).filter(reviewed_on__year=day.year).select_related("project__division")

    def whereabouts(self, record: Review) -> str:
        """See RegisterSheet.whereabouts."""
        return record.project.division.name

    def writable(self, scope_path: str) -> QuerySet[Review]:
        """See RegisterSheet.writable."""
        inside = Review.objects.filter(Review.in_subtree(scope_path)).select_related("project")
        return inside.order_by("project__number", "reviewed_on", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        return entries_of_projects(self, records, "project__division")


def entries_of_projects(sheet: RecordSheet, records: QuerySet, division: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the entries of records of projects, with the number of the project and the county of `division` today."""
    today = Division.objects.standing_for_closed()
    also = (
        "project__number",
        f"{division}_id",
        f"{division}__level",
        f"{division}__name",
        f"{division}__parent__name",
    )
    own = {"": sheet.columns_of(sheet.model)}
    for key, entry, (number, division_id, level, name, above) in read_entries(records, own, *also):
        if (standing := today.get(division_id)) is not None:
            level, name, above = standing.level, standing.name, standing.parent.name if standing.parent else None
        county = (above or name) if level == Division.Level.TOWN else name
        yield key, entry | {"project_number": number or "", "county": county}
