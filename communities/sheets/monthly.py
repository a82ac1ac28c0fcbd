"""社区月报: what a community was asked for in a month and what it did, a row a community and month."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import OuterRef, QuerySet, Subquery

from changzhi_portal.bulk import in_batches
from changzhi_portal.display import display_number
from changzhi_portal.registers.cleaning import COUNT_UNITS, THING_UNITS
from changzhi_portal.registers.columns import Column, IntegerColumn, MonthColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.growth import Growth
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Write
from communities.models import Community, MonthlyCount, MonthlyReport
from communities.sheets.locked_months import report_locked
from communities.sheets.place_columns import (
    NAMES_OF_COMMUNITY,
    PLACE_LOOKUPS,
    REF,
    place_columns,
    place_in_words,
    place_values,
    place_values_of,
    with_place,
)
from communities.sheets.placing import RecordSheet
from communities.thresholds import MOST_MONTHLY_COUNT

Kind = MonthlyCount.Kind
COUNTS: tuple[str, ...] = tuple(Kind.values)
_UNITS = COUNT_UNITS | THING_UNITS


def _count(kind: Kind, *spellings: str, note: str) -> IntegerColumn:
    """Return the column of one kind of count; its field is the kind's code."""
    where = {"kind": kind.value}
    return IntegerColumn(
        MonthlyCount,
        "number",
        kind.label,
        *spellings,
        field=kind.value,
        where=where,
        maximum=100_000,
        units=_UNITS,
        note=note,
    )


class MonthlySheet(RecordSheet):
    """A monthly report is known by its community and month; its counts are its parts.

    A filled template has a row for each community of the office with the numbers of its newest month: whoever uploads it says
    that they hold for the template's month. A row of a file without any number says nothing and is left alone.
    """

    name = "monthly"
    title = "社区月报"
    position = 6
    model = MonthlyReport
    key_cells = ("month",)
    key_fields = frozenset({"community_id", "month"})
    writes_to = (MonthlyReport, MonthlyCount)
    identifying = (("community_code", "month"), ("community_name", "month"))
    has_dated_figures = True
    day_field = "month"
    is_needed = False
    asked_fields = COUNTS
    name_lookup = "community__name"
    list_page = "communities:count_list"
    names_of = NAMES_OF_COMMUNITY
    monthly_fields = COUNTS
    fields_in_bulk = ("note",)
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        *place_columns(county_required=False),
        MonthColumn(MonthlyReport, "month", "月份", "统计月份", "所属月份", "填报月份", required=True, is_key=True),
        _count(Kind.SIGNS_OUTSIDE, "室外挂牌", "室外挂牌数", note="月末挂在室外的牌子，几块"),
        _count(Kind.SIGNS_INSIDE, "室内挂牌", "室内挂牌数", note="月末挂在室内的牌子，几块"),
        _count(Kind.LEDGERS, "台账报表数", note="月末要求社区做的台账和报表，几种"),
        _count(Kind.MEETINGS, "参加会议", "参加会议次数", note="当月要求社区参加的会议"),
        _count(Kind.INSPECTIONS, "接受检查考评", "检查考评次数", note="当月接受的检查、考核、评比"),
        _count(Kind.CERTIFICATES, "出具证明", "出具证明件数", note="当月给居民和单位开的证明"),
        _count(Kind.LEADERS, "居民骨干数", "骨干人数", note="月末的居民骨干，几人"),
        TextColumn(MonthlyReport, "note", "备注", "说明"),
    )

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find reports by community and month, and name the rows."""
        ids = list({row.place.community.id for row in rows if row.place is not None})
        months = list({row.get("month") for row in rows if row.get("month") is not None})
        found: dict[tuple[int, datetime.date], MonthlyReport] = {}
        for batch in in_batches(ids):
            for report in context.lock(MonthlyReport.objects.filter(community__in=batch, month__in=months)):
                found[report.community_id, report.month] = report
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key else None
            if row.place is not None:
                row.label = f"{row.place.community.name}{self.column('month').written(row.get('month'))}"

    def natural_key(self, row: RegisterRow) -> tuple[int, datetime.date] | None:
        """Return community and month."""
        month = row.get("month")
        return (row.place.community.id, month) if row.place is not None and month is not None else None

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load the counts of the matched reports."""
        self._counts: dict[int, dict[str, MonthlyCount]] = {}
        for batch in in_batches([row.target.pk for row in rows if row.target is not None]):
            for count in context.lock(MonthlyCount.objects.filter(report__in=batch)):
                self._counts.setdefault(count.report_id, {})[count.kind] = count

    def name_for_office(self, record: MonthlyReport) -> str:
        """See RecordSheet.name_for_office."""
        return str(record)

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose the report where it is new or its note changes, and each count that the row gives."""
        if self._names_another_report(row):
            return
        numbers = {kind: row.get(kind) for kind in COUNTS if kind in row.values}
        if row.is_new and all(number is None for number in numbers.values()):
            self._say_nothing(row)
            return
        report: MonthlyReport = row.draft(MonthlyReport)
        values = self.given(row, MonthlyReport)
        values.pop("month", None)
        if row.is_new:
            if row.get("month") is None:
                return  # `require` has said so
            values |= {"community_id": row.place.community.id, "month": row.get("month")}
        writes = [self.propose(row, report, values, division_id=row.place.division_id, is_new=row.is_new)]
        writes += self._count_writes(row, report, numbers)
        row.writes = [write for write in writes if write is not None]
        self._check_month(row, report.month, context)
        self._check_numbers(row, numbers, context)

    def _names_another_report(self, row: RegisterRow) -> bool:
        """Report a 记录编号 beside the community or month of another report: last month's template was filled in again."""
        report = row.target
        if not isinstance(report, MonthlyReport):
            return False
        month = row.get("month")
        if month is not None and month != report.month:
            told = f"记录编号是{report.month_in_words}的，这一行写的是{self.column('month').written(month)}；填新的月份，请把记录编号清掉"
            row.report("conflicting_key", told, "month")
        elif row.place.community.id != report.community_id:
            row.report(
                "conflicting_key", "记录编号与社区对不上，请核对是否只排序或粘贴了一部分列", "ref", "community_name"
            )
        else:
            return False
        return True

    @staticmethod
    def _say_nothing(row: RegisterRow) -> None:
        """Leave a row of a file without numbers alone; whoever adds a single report is asked for one."""
        if row.number is None and not row.has_error:
            row.report("required", "请至少填一项数，没有的填0", *COUNTS)
        row.is_new = False

    def _count_writes(
        self, row: RegisterRow, report: MonthlyReport, numbers: Mapping[str, int | None]
    ) -> Iterator[Write | None]:
        known = self._counts.get(report.pk, {}) if report.pk else {}
        for kind, number in numbers.items():
            count = known.get(kind)
            if count is None and number is None:
                continue  # 清空 where nothing is
            yield self.propose(
                row,
                count or MonthlyCount(report=report, kind=kind),
                {"number": number},
                division_id=row.place.division_id,
                is_new=count is None,
            )

    @staticmethod
    def _check_month(row: RegisterRow, month: datetime.date, context: CheckContext) -> None:
        if month > max(context.today, context.day):
            row.report("future_date", "这个月还没有到，请核对月份", "month")
        elif row.writes and month in context.locked_months:
            report_locked(row, month, context, "month")

    @staticmethod
    def _check_numbers(row: RegisterRow, numbers: Mapping[str, int | None], context: CheckContext) -> None:
        most = context.thresholds[MOST_MONTHLY_COUNT]
        for kind, number in numbers.items():
            if number is not None and number > most:
                row.report("outlier", f"{Kind(kind).label}是{display_number(number)}，不合常理，请核实", kind)

    def growth(self, rows: Sequence[RegisterRow], context: CheckContext) -> list[Growth]:
        """See RegisterSheet.growth. Every month adds a report for each community, so that nothing is asked."""
        return []

    def months_written(self, records: Mapping[str, Sequence[int]]) -> set[datetime.date]:
        """See RegisterSheet.months_written."""
        months: set[datetime.date] = set()
        for model, lookup in ((MonthlyReport, "pk__in"), (MonthlyCount, "counts__in")):
            for batch in in_batches(records.get(model._meta.label_lower, ())):
                found = MonthlyReport.objects.filter(**{lookup: batch}).order_by()
                months |= set(found.values_list("month", flat=True).distinct())
        return months

    def template_rows(self, scope_path: str, day: datetime.date) -> Iterator[dict[str, Any]]:
        """See RegisterSheet.template_rows. A row for each community that is reported, with the numbers of its newest month.

        The row of a report that is there already has its 记录编号; that of a new one has none.
        """
        month = day.replace(day=1)
        reports = MonthlyReport.objects.filter(community=OuterRef("pk"), month__lte=month).order_by("-month")
        communities = (
            Community.objects.reported()
            .filter(Community.in_subtree(scope_path))
            .annotate(newest_report=Subquery(reports.values("pk")[:1]))
        )
        newest = MonthlyReport.objects.filter(pk__in=communities.order_by().values("newest_report"))
        known = {entry["community_code"]: entry for _, entry in self.entries(newest, scope_path)}
        for community in communities.with_place().order_by("code", "pk").iterator():
            entry = known.get(community.code, {})
            if entry.get("month") == month:
                del entry["version"]
                yield entry
            else:
                yield place_values_of(community) | {"month": month} | {kind: entry.get(kind) for kind in COUNTS}

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[MonthlyReport]:
        """See RegisterSheet.standing. Those of the month."""
        inside = MonthlyReport.objects.of_month(day.replace(day=1)).filter(MonthlyReport.in_subtree(scope_path))
        inside = inside.filter(community__closed_on__isnull=True)
        return inside.select_related("community__town").order_by("community__code", "pk")

    def whereabouts(self, record: MonthlyReport) -> str:
        """See RegisterSheet.whereabouts."""
        return place_in_words(record.community, None)

    def writable(self, scope_path: str) -> QuerySet[MonthlyReport]:
        """See RegisterSheet.writable. The newest month first."""
        inside = MonthlyReport.objects.filter(MonthlyReport.in_subtree(scope_path), community__closed_on__isnull=True)
        return inside.order_by("-month", "community__code", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        placed = with_place(records.with_counts(), has_division=False)  # type: ignore[attr-defined]
        own = {"": self.columns_of(MonthlyReport)}
        for key, entry, more in read_entries(placed, own, *PLACE_LOOKUPS, *COUNTS):
            place, numbers = more[: len(PLACE_LOOKUPS)], more[len(PLACE_LOOKUPS) :]
            yield key, entry | place_values(*place) | dict(zip(COUNTS, numbers, strict=True))
