"""The demo's workbooks: which there are in a month, whose they are, how places are called in them, and writing them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from changzhi_portal.registers.register import RegisterSheet
from communities.sheets import CommunitySheet, FacilitySheet
from demo.accounts import CITY_NAME, CLERK_OF_COUNTY, OFFICER
from demo.corrections import facility_opened_later, organizations_reported_late
from demo.facilities import facility_story
from demo.organizations import organization_story
from demo.places import Atlas, DemoCounty
from demo.population import community_story, inhabit
from demo.projects import project_story
from demo.span import Span
from demo.story import Row, Story
from demo.submissions import has_sent
from demo.workbooks import LAYOUTS, Layout, Workbook
from demo.workers import worker_story
from orgs.sheets import OrganizationSheet
from periods.models import last_day_of, month_after
from services.sheets import ProjectSheet
from socialworkers.sheets import WorkerSheet

TITLES = {
    "communities": "社区（村）基本情况统计表",
    "facilities": "社区综合服务设施统计表",
    "organizations": "社区社会组织登记备案情况表",
    "workers": "社会工作者配备情况花名册",
    "projects": "政府购买社会工作服务项目台账",
}
# After a change of divisions an office goes on writing the names it is used to, for so many months.
MONTHS_OF_OLD_NAMES = 3


@dataclass(frozen=True, slots=True)
class DemoFile:
    """A workbook that has been written, and who uploads it."""

    register: str
    path: Path
    username: str
    rows: int
    is_sent: bool = True  # False: it lies ready for whoever plays the county's clerk


@dataclass(frozen=True)
class Writer:
    """Writes the files of every month below `folder`. Counties and their rows are those of the span's first day."""

    folder: Path
    counties: list[DemoCounty]
    span: Span

    def tell(self) -> None:
        """Have all stories told now, not when the first file asks for them."""
        _ = self.stories, self.projects

    def files_of(self, month: datetime.date) -> list[DemoFile]:
        """Write a month's files, in the order in which they must be uploaded.

        In the first month every county sends all it has. Later the county whose turn it is sends what it has counted anew;
        what else has changed, the bureau has gathered from all of them. In the month in hand each county has its own
        files, and not all of them are sent yet.
        """
        folder = self.folder / f"{month:%Y-%m}"
        folder.mkdir(parents=True, exist_ok=True)
        atlas = self._atlas(month)
        return [self._write(folder, part, month, atlas) for part in self._parts(month) if part.rows]

    def _parts(self, month: datetime.date) -> Iterator[_Part]:
        if month == self.span.first:
            return self._of_counties(month)
        return self._in_hand(month) if month == self.span.last else self._of_changes(month)

    def _atlas(self, month: datetime.date) -> Atlas:
        """Places keep their names until the next change of divisions, so most months share an atlas."""
        day = last_day_of(month)
        changes = {county.renamed[0] for county in self.counties if county.renamed and county.renamed[0] <= day}
        newest = max(changes, default=self.span.day)
        if newest not in self._atlases:
            self._atlases[newest] = Atlas(self.span.day, day)
        return self._atlases[newest]

    @cached_property
    def _atlases(self) -> dict[datetime.date, Atlas]:
        return {}

    def _of_counties(self, month: datetime.date) -> Iterator[_Part]:
        # Register by register, as offices do: a community comes before what stands in it.
        for register in _BY_COUNTY:
            for number, county in enumerate(self.counties):
                # Another layout for each of an office's files, and another first one for each office.
                layout = LAYOUTS[(number + register.position) % len(LAYOUTS)]
                rows = self.stories[county.code][register.name][month]
                yield _Part(register, rows, layout, county.name, CLERK_OF_COUNTY[county.code])
        yield _Part(ProjectSheet(), self.projects[month], Layout(total=True), CITY_NAME, OFFICER)

    def _of_changes(self, month: datetime.date) -> Iterator[_Part]:
        number = self.span.later.index(month)
        in_turn = self.counties[number % len(self.counties)]
        layout = LAYOUTS[number % len(LAYOUTS)]
        name = name_in_files(in_turn, month)
        communities, *gathered = _BY_COUNTY
        counted = self.stories[in_turn.code][communities.name][month]
        yield _Part(communities, counted, layout, name, CLERK_OF_COUNTY[in_turn.code], says=name)
        for register in gathered:
            rows = [row for county in self.counties for row in self.stories[county.code][register.name][month]]
            yield _Part(register, rows, Layout(), CITY_NAME, OFFICER)
        yield _Part(ProjectSheet(), self.projects[month], Layout(total=True), CITY_NAME, OFFICER)

    def _in_hand(self, month: datetime.date) -> Iterator[_Part]:
        day = last_day_of(month)
        names = dict.fromkeys(county.name_on(day) for county in self.counties)
        for register in _BY_COUNTY:
            for number, name in enumerate(names):
                # A county that was merged from several sends one file.
                members = [county for county in self.counties if county.name_on(day) == name]
                rows = [row for county in members for row in self.stories[county.code][register.name][month]]
                clerk = CLERK_OF_COUNTY[members[0].code]
                layout = LAYOUTS[(number + register.position) % len(LAYOUTS)]
                is_sent = has_sent(members[0].code, register.name)
                yield _Part(register, rows, layout, name, clerk, is_sent=is_sent)
        yield _Part(ProjectSheet(), self.projects[month], Layout(total=True), CITY_NAME, OFFICER)

    @cached_property
    def stories(self) -> Mapping[str, Mapping[str, Story]]:
        """By county and register: what becomes of it, corrections included."""
        stories = {county.code: self._told(number, county) for number, county in enumerate(self.counties)}
        facility_opened_later([stories[county.code]["facilities"] for county in self.counties], self.span)
        organizations_reported_late([stories[county.code]["organizations"] for county in self.counties], self.span)
        return stories

    def _told(self, number: int, county: DemoCounty) -> Mapping[str, Story]:
        inhabited = inhabit(county)
        return {
            "communities": community_story(county, inhabited, self.span, turn=number, turns=len(self.counties)),
            "facilities": facility_story(county, self.span),
            "organizations": organization_story(county, inhabited, self.span),
            "workers": worker_story(county, self.span),
        }

    @cached_property
    def projects(self) -> Story:
        """The city's list of projects."""
        return project_story(self.counties, self.span)

    def _write(self, folder: Path, part: _Part, month: datetime.date, atlas: Atlas) -> DemoFile:
        register = part.register
        path = folder / f"演示数据_{part.office}_{register.title}_{month:%Y-%m}.xlsx"
        what = TITLES[register.name] if month == self.span.first else f"{TITLES[register.name]}变动情况"
        title = f"{part.office}{what}（{month.year}年{month.month}月，演示数据）"
        book = Workbook(path, register, part.layout, title=title, office=f"{part.office}民政局", day=last_day_of(month))
        book.write(list(readdressed(part.rows, atlas, says=part.says)))
        return DemoFile(register.name, path, part.username, len(part.rows), part.is_sent)


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of one file, and whose it is. `says`: the county's name as this office writes it, if not today's."""

    register: RegisterSheet
    rows: list[Row]
    layout: Layout
    office: str
    username: str
    says: str = ""
    is_sent: bool = True


_BY_COUNTY: tuple[RegisterSheet, ...] = (CommunitySheet(), FacilitySheet(), OrganizationSheet(), WorkerSheet())


def name_in_files(county: DemoCounty, month: datetime.date) -> str:
    """What an office calls its county: for some months after a change still by the old name."""
    if county.renamed is None:
        return county.name
    used_to_it = month_after(county.renamed[0].replace(day=1), MONTHS_OF_OLD_NAMES)
    return county.name if month <= used_to_it else county.renamed[1]


def readdressed(rows: Iterable[Row], atlas: Atlas, *, says: str = "") -> Iterator[Row]:
    """Rows with their places called as on the day of the atlas; an office that `says` its county's old name keeps its own."""
    for row in rows:
        served = row.get("communities")
        code, county, town = row.get("community_code"), row["county"], row.get("town")
        if says == county:
            yield row
        elif served is not None:
            yield row | {"county": atlas.county(county), "communities": "、".join(map(atlas.called, served))}
        elif code:
            address = atlas.communities[code]
            yield row | {name: getattr(address, name) for name in address.__slots__}
        elif town:
            county, town = atlas.town(county, town)
            yield row | {"county": county, "town": town}
        else:
            yield row | {"county": atlas.county(county)}
