"""Writing the demo's workbooks: the files of each month, the account that uploads each, and the place names in them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from changzhi_portal.registers.register import RegisterSheet
from communities.sheets import CommunitySheet, FacilitySheet, MonthlySheet, PointSheet
from demo.accounts import CITY_NAME, CLERK_OF_COUNTY, OFFICER
from demo.activities import activity_rows, support_rows
from demo.corrections import facility_opened_later, organizations_reported_late
from demo.counts import monthly_count_rows
from demo.documents import document_rows
from demo.facilities import facility_rows
from demo.monthly_rows import Row, RowsByMonth
from demo.organizations import organization_rows
from demo.places import DemoCounty, PlaceNames
from demo.points import point_rows
from demo.population import add_residents, community_rows
from demo.projects import project_rows
from demo.purchases import catalogue_rows, payment_rows, review_rows
from demo.span import Span
from demo.submissions import has_sent
from demo.trainings import training_record_rows, training_rows
from demo.work_items import work_item_rows
from demo.workbooks import LAYOUTS, Layout, Workbook
from demo.workers import worker_rows
from orgs.sheets import OrganizationSheet, SupportSheet
from participation.sheets import ActivitySheet
from periods.models import last_day_of, month_after
from practice.sheets import DocumentSheet
from services.sheets import CatalogueSheet, PaymentSheet, ProjectSheet, ReviewSheet
from socialworkers.sheets import TrainingRecordSheet, TrainingSheet, WorkerSheet
from workload.sheets import WorkItemSheet

TITLES = {
    "communities": "社区（村）基本情况统计表",
    "facilities": "社区综合服务设施统计表",
    "organizations": "社区社会组织登记备案情况表",
    "workers": "社会工作者配备情况花名册",
    "projects": "政府购买社会工作服务项目台账",
    "catalogue": "政府购买服务清单",
    "reviews": "购买服务项目评估情况表",
    "payments": "经费支付登记表",
    "points": "社区服务站点登记表",
    "monthly": "社区减负月报",
    "trainings": "社会工作培训情况表",
    "training_records": "社会工作培训学时登记表",
    "work_items": "社区工作事项清单",
    "documents": "制度文件登记表",
    "supports": "社区社会组织扶持台账",
    "activities": "社区活动登记表",
}
# For this many months after a change of divisions an office still writes the old names.
MONTHS_OF_OLD_NAMES = 3


@dataclass(frozen=True, slots=True)
class DemoFile:
    """A written workbook and the user name of the account that uploads it."""

    register: str
    path: Path
    username: str
    rows: int
    is_sent: bool = True  # False: not uploaded by the demo; left for the reader to upload as the county's clerk


@dataclass(frozen=True)
class Writer:
    """Writer of the files of every month below `folder`. Counties and their rows are those of the span's first day."""

    folder: Path
    counties: list[DemoCounty]
    span: Span

    def prepare(self) -> None:
        """Generate all rows now instead of when the first file is written."""
        _ = (
            self.rows_by_county,
            self.projects,
            self.reviews,
            self.payments,
            self.points,
            self.trainings,
            self.hours,
            self.work_items,
            self.documents,
            self.supports,
            self.activities,
        )

    def files_of(self, month: datetime.date) -> list[DemoFile]:
        """Write a month's files and return them in the order in which they must be uploaded.

        In the first month every county sends all its registers. In later months one county, in turn, sends its new
        population counts, and the bureau sends one file per register with the other changes of all counties, each
        quarter also one with monthly counts. In the month in hand each county has its own files, and some are not sent yet.
        """
        folder = self.folder / f"{month:%Y-%m}"
        folder.mkdir(parents=True, exist_ok=True)
        place_names = self._place_names(month)
        return [self._write(folder, part, month, place_names) for part in self._parts(month) if part.rows]

    def _parts(self, month: datetime.date) -> Iterator[_Part]:
        if month == self.span.first:
            return self._first_month_parts(month)
        return self._last_month_parts(month) if month == self.span.last else self._later_month_parts(month)

    def _place_names(self, month: datetime.date) -> PlaceNames:
        """Return the place names of a month; they only differ after a change of divisions, so months share them."""
        day = last_day_of(month)
        changes = {county.renamed[0] for county in self.counties if county.renamed and county.renamed[0] <= day}
        newest = max(changes, default=self.span.day)
        if newest not in self._place_names_by_day:
            self._place_names_by_day[newest] = PlaceNames(self.span.day, day)
        return self._place_names_by_day[newest]

    @cached_property
    def _place_names_by_day(self) -> dict[datetime.date, PlaceNames]:
        return {}

    def _first_month_parts(self, month: datetime.date) -> Iterator[_Part]:
        # Register by register: a community must exist before the records that refer to it.
        for register in _BY_COUNTY:
            for number, county in enumerate(self.counties):
                # Neighbouring files and neighbouring offices get different layouts.
                layout = LAYOUTS[(number + register.position) % len(LAYOUTS)]
                rows = self.rows_by_county[county.code][register.name][month]
                yield _Part(register, rows, layout, county.name, CLERK_OF_COUNTY[county.code])
        yield from self._of_the_city(month)

    def _later_month_parts(self, month: datetime.date) -> Iterator[_Part]:
        number = self.span.later.index(month)
        in_turn = self.counties[number % len(self.counties)]
        layout = LAYOUTS[number % len(LAYOUTS)]
        name = name_in_files(in_turn, month)
        communities, *gathered = _BY_COUNTY
        counted = self.rows_by_county[in_turn.code][communities.name][month]
        yield _Part(communities, counted, layout, name, CLERK_OF_COUNTY[in_turn.code], unchanged_county=name)
        for register in gathered:
            rows = [row for county in self.counties for row in self.rows_by_county[county.code][register.name][month]]
            yield _Part(register, rows, Layout(), CITY_NAME, OFFICER)
        yield from self._of_the_city(month)

    def _last_month_parts(self, month: datetime.date) -> Iterator[_Part]:
        day = last_day_of(month)
        names = dict.fromkeys(county.name_on(day) for county in self.counties)
        for register in _BY_COUNTY:
            for number, name in enumerate(names):
                # A county that was merged from several sends one file.
                members = [county for county in self.counties if county.name_on(day) == name]
                rows = [row for county in members for row in self.rows_by_county[county.code][register.name][month]]
                clerk = CLERK_OF_COUNTY[members[0].code]
                layout = LAYOUTS[(number + register.position) % len(LAYOUTS)]
                is_sent = has_sent(members[0].code, register.name)
                yield _Part(register, rows, layout, name, clerk, is_sent=is_sent)
        yield from self._of_the_city(month)

    def _of_the_city(self, month: datetime.date) -> Iterator[_Part]:
        """Yield the lists that the bureau keeps for all counties."""
        projects = _Part(ProjectSheet(), self.projects[month], Layout(total=True), CITY_NAME, OFFICER)
        reviews = _Part(ReviewSheet(), self.reviews[month], Layout(), CITY_NAME, OFFICER)
        yield _Part(CatalogueSheet(), self.catalogue[month], Layout(), CITY_NAME, OFFICER)
        # A project is accepted once its acceptance is there; in the first month the projects themselves are new.
        yield from (projects, reviews) if month == self.span.first else (reviews, projects)
        yield _Part(PaymentSheet(), self.payments[month], Layout(), CITY_NAME, OFFICER)
        yield _Part(PointSheet(), self.points[month], Layout(), CITY_NAME, OFFICER)
        yield _Part(TrainingSheet(), self.trainings[month], Layout(), CITY_NAME, OFFICER)
        yield _Part(TrainingRecordSheet(), self.hours[month], Layout(), CITY_NAME, OFFICER)
        yield self._counts(month)
        yield _Part(WorkItemSheet(), self.work_items[month], Layout(), CITY_NAME, OFFICER)
        yield _Part(DocumentSheet(), self.documents[month], Layout(), CITY_NAME, OFFICER)
        yield _Part(SupportSheet(), self.supports[month], Layout(), CITY_NAME, OFFICER)
        yield _Part(ActivitySheet(), self.activities[month], Layout(), CITY_NAME, OFFICER)

    def _counts(self, month: datetime.date) -> _Part:
        """Return the counts of a quarter, which the bureau gathers in one file; without rows between quarters."""
        rows = [row for county in self.counties for row in self.rows_by_county[county.code]["monthly"][month]]
        return _Part(MonthlySheet(), rows, Layout(), CITY_NAME, OFFICER)

    @cached_property
    def rows_by_county(self) -> Mapping[str, Mapping[str, RowsByMonth]]:
        """Return the rows by county code, register name and month, corrections included."""
        rows_by_county = {
            county.code: self._rows_of_county(number, county) for number, county in enumerate(self.counties)
        }
        facility_opened_later([rows_by_county[county.code]["facilities"] for county in self.counties], self.span)
        organizations_reported_late(
            [rows_by_county[county.code]["organizations"] for county in self.counties], self.span
        )
        return rows_by_county

    def _rows_of_county(self, number: int, county: DemoCounty) -> Mapping[str, RowsByMonth]:
        populated = add_residents(county)
        return {
            "communities": community_rows(county, populated, self.span, turn=number, turns=len(self.counties)),
            "facilities": facility_rows(county, self.span),
            "organizations": organization_rows(county, populated, self.span),
            "workers": worker_rows(county, self.span),
            "monthly": monthly_count_rows(county, self.span),
        }

    @cached_property
    def projects(self) -> RowsByMonth:
        """Return the rows of the city's list of projects by month."""
        return project_rows(self.counties, self.span)

    @cached_property
    def catalogue(self) -> RowsByMonth:
        """Return the rows of the city's purchase catalogue by month."""
        return catalogue_rows(self.span)

    @cached_property
    def reviews(self) -> RowsByMonth:
        """Return the rows of the city's list of reviews by month."""
        return review_rows(self.counties, self.span)

    @cached_property
    def payments(self) -> RowsByMonth:
        """Return the rows of the city's list of payments by month."""
        return payment_rows(self.counties, self.span)

    @cached_property
    def points(self) -> RowsByMonth:
        """Return the rows of the city's list of service points by month."""
        return point_rows(self.counties, self.span)

    @cached_property
    def trainings(self) -> RowsByMonth:
        """Return the rows of the trainings of city and counties by month."""
        return training_rows(self.counties, self.span)

    @cached_property
    def hours(self) -> RowsByMonth:
        """Return the rows of the hours of people by month."""
        workers = {code: registers["workers"] for code, registers in self.rows_by_county.items()}
        return training_record_rows(workers, self.trainings, self.span)

    @cached_property
    def work_items(self) -> RowsByMonth:
        """Return the rows of the city's list of what communities may be asked, by month."""
        return work_item_rows(self.span)

    @cached_property
    def documents(self) -> RowsByMonth:
        """Return the rows of the bureau's list of documents by month."""
        return document_rows(self.counties, self.span)

    @cached_property
    def supports(self) -> RowsByMonth:
        """Return the rows of the city's list of support by month."""
        return support_rows(self._first_organizations, self.counties, self.span)

    @cached_property
    def activities(self) -> RowsByMonth:
        """Return the rows of the city's list of activities by month."""
        return activity_rows(self._first_organizations, self.counties, self.span)

    @property
    def _first_organizations(self) -> Mapping[str, list[Row]]:
        first = self.span.first
        return {code: registers["organizations"][first] for code, registers in self.rows_by_county.items()}

    def _write(self, folder: Path, part: _Part, month: datetime.date, place_names: PlaceNames) -> DemoFile:
        register = part.register
        path = folder / f"演示数据_{part.office}_{register.title}_{month:%Y-%m}.xlsx"
        is_whole = month == self.span.first or register.name == "monthly"
        what = TITLES[register.name] if is_whole else f"{TITLES[register.name]}变动情况"
        title = f"{part.office}{what}（{month.year}年{month.month}月，演示数据）"
        book = Workbook(path, register, part.layout, title=title, office=f"{part.office}民政局", day=last_day_of(month))
        book.write(list(with_place_names(part.rows, place_names, unchanged_county=part.unchanged_county)))
        return DemoFile(register.name, path, part.username, len(part.rows), part.is_sent)


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of one file and its office. Rows of `unchanged_county` keep the names of the span's first day."""

    register: RegisterSheet
    rows: list[Row]
    layout: Layout
    office: str
    username: str
    unchanged_county: str = ""
    is_sent: bool = True


_BY_COUNTY: tuple[RegisterSheet, ...] = (CommunitySheet(), FacilitySheet(), OrganizationSheet(), WorkerSheet())


def name_in_files(county: DemoCounty, month: datetime.date) -> str:
    """Return the county name that an office writes in a month: the old one for MONTHS_OF_OLD_NAMES after a change."""
    if county.renamed is None:
        return county.name
    used_to_it = month_after(county.renamed[0].replace(day=1), MONTHS_OF_OLD_NAMES)
    return county.name if month <= used_to_it else county.renamed[1]


def with_place_names(rows: Iterable[Row], place_names: PlaceNames, *, unchanged_county: str = "") -> Iterator[Row]:
    """Yield the rows with the place names of another day; rows of `unchanged_county` as they are."""
    for row in rows:
        served = row.get("communities")
        code, county, town = row.get("community_code"), row.get("county"), row.get("town")
        if county is None or unchanged_county == county:  # of the city itself
            yield row
        elif served is not None:
            yield row | {
                "county": place_names.county(county),
                "communities": "、".join(map(place_names.list_name, served)),
            }
        elif code:
            address = place_names.communities[code]
            yield row | {name: getattr(address, name) for name in address.__slots__}
        elif town:
            county, town = place_names.town(county, town)
            yield row | {"county": county, "town": town}
        else:
            yield row | {"county": place_names.county(county)}
