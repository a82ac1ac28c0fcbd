"""The demo's workbooks: which there are, whose they are, and writing them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from changzhi_portal.sheets.register import RegisterSheet
from communities.sheets import CommunitySheet, FacilitySheet
from orgs.sheets import OrganizationSheet
from reports.demo.accounts import CLERK_OF_COUNTY, OFFICER
from reports.demo.facilities import facility_rows
from reports.demo.organizations import organization_rows
from reports.demo.places import DemoCounty
from reports.demo.population import community_rows, inhabit
from reports.demo.projects import project_rows
from reports.demo.workbooks import LAYOUTS, Layout, Workbook
from reports.demo.workers import worker_rows
from services.sheets import ProjectSheet
from socialworkers.sheets import WorkerSheet

Row = dict[str, Any]
PERIOD = "2018-06"
TITLES = {
    "communities": "社区（村）基本情况统计表",
    "facilities": "社区综合服务设施统计表",
    "organizations": "社区社会组织登记备案情况表",
    "workers": "社会工作者配备情况花名册",
    "projects": "政府购买社会工作服务项目台账",
}


@dataclass(frozen=True, slots=True)
class DemoFile:
    """A workbook that has been written, and who uploads it."""

    register: str
    path: Path
    username: str
    rows: int


def write_workbooks(folder: Path, counties: list[DemoCounty]) -> list[DemoFile]:
    """Write every office's workbooks below `folder`, in the order in which they must be uploaded."""
    folder.mkdir(parents=True, exist_ok=True)
    by_register: dict[str, list[DemoFile]] = {}
    for position, county in enumerate(counties):
        for register, rows in _county_rows(county):
            # Another layout for each of an office's files, and another first one for each office.
            layout = LAYOUTS[(position + register.position) % len(LAYOUTS)]
            by_register.setdefault(register.name, []).append(
                _write(folder, register, rows, layout, office=county.name, username=CLERK_OF_COUNTY[county.code])
            )
    projects = _write(
        folder, ProjectSheet(), project_rows(counties), Layout(total=True), office="长治市", username=OFFICER
    )
    # Register by register, as offices do: a community comes before what stands in it.
    return [*(file for files in by_register.values() for file in files), projects]


def _county_rows(county: DemoCounty) -> Iterator[tuple[RegisterSheet, list[Row]]]:
    inhabited = inhabit(county)
    yield CommunitySheet(), community_rows(county, inhabited)
    yield FacilitySheet(), facility_rows(county)
    yield OrganizationSheet(), organization_rows(county, inhabited)
    yield WorkerSheet(), worker_rows(county)


def _write(
    folder: Path, register: RegisterSheet, rows: list[Row], layout: Layout, *, office: str, username: str
) -> DemoFile:
    path = folder / f"演示数据_{office}_{register.title}_{PERIOD}.xlsx"
    title = f"{office}{TITLES[register.name]}（2018年6月，演示数据）"
    Workbook(path, register, layout, title=title, office=f"{office}民政局").write(rows)
    return DemoFile(register=register.name, path=path, username=username, rows=len(rows))
