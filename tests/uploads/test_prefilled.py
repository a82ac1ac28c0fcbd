"""Tests of how much of the templates comes prefilled in a month in which nothing changes."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from accounts.models import User
from changzhi_portal.registers.registry import registers
from communities.models import GovernanceBody
from communities.sheets import FacilitySheet, MonthlySheet
from communities.sheets.monthly import COUNTS
from periods.models import ReportingPeriod
from tests.factories import (
    Place,
    make_facility,
    make_governance_body,
    make_monthly_report,
    make_organization,
    make_profile,
    make_project,
    make_worker,
)
from uploads.prefilled import all_together, prefilled_by_register, prefilled_cells
from uploads.writing.template import write_template

FOURS: dict[str, Any] = dict.fromkeys(COUNTS, 4)
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_the_cells_of_a_template_are_counted(clerk: User, place: Place, period: ReportingPeriod):
    make_facility(place.communities[0], construction_mode="new")
    make_monthly_report(place.communities[0], "2018-03", **FOURS)
    make_monthly_report(place.communities[1], "2018-03", signs_outside=4)
    facilities = prefilled_cells(FacilitySheet(), clerk.division.path, period)
    # County, town, name and code of the community; name, kind, area, mode, opening day. All that is required is there.
    assert (facilities.rows, facilities.prefilled, facilities.handed_in) == (1, 9, 9)
    monthly = prefilled_cells(MonthlySheet(), clerk.division.path, period)
    # Five communities with four cells of place and the month, and seven counts that each should give.
    assert (monthly.rows, monthly.prefilled, monthly.handed_in) == (5, 5 * 5 + 7 + 1, 5 * 12)
    assert monthly.share == Decimal("55.0")


def test_what_is_counted_is_what_the_file_holds(clerk: User, place: Place, period: ReportingPeriod):
    make_monthly_report(place.communities[0], "2018-03", meetings=4, leaders=0)
    data = write_template(MonthlySheet(), division=clerk.division, period=period, by=clerk, filled=True)
    page = load_workbook(io.BytesIO(data)).worksheets[0]
    filled = sum(cell is not None for row in page.iter_rows(min_row=4, min_col=2, values_only=True) for cell in row)
    assert prefilled_cells(MonthlySheet(), clerk.division.path, period).prefilled == filled == 5 * 5 + 2


@pytest.fixture
def quiet(place: Place) -> None:
    """Fill the county as in an ordinary year: all is known, but for a few cells of the newest community."""
    for community in (*place.communities, *place.other_communities):
        make_profile(community)
        for kind in GovernanceBody.Kind.values:
            make_governance_body(community, kind, number=3 if kind in GovernanceBody.COUNTED else None)
        make_facility(community)
        make_organization(community)
        make_worker(community)
        make_monthly_report(community, "2018-03", **FOURS)
    GovernanceBody.objects.filter(community=place.communities[0], kind__in=("mass", "economic")).delete()
    make_project(place.county, place.communities[0])


PAGE = "/uploads/prefilled/"


def test_nine_cells_of_ten_come_prefilled_in_a_quiet_month(
    quiet: None, clerk: User, period: ReportingPeriod, capsys: pytest.CaptureFixture[str]
):
    counted = prefilled_by_register(clerk.division.path, period)
    together = all_together(counted)
    assert [each.title for each in counted] == [register.title for register in registers()]
    assert together.prefilled == sum(each.prefilled for each in counted)
    assert together.handed_in - together.prefilled == 2, "the two bodies that are not known"
    assert together.share is not None and together.share >= 90
    call_command("prefilled", as_=clerk.username, period="2018-06", json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["registers"][-1] == {
        "title": "合计",
        "rows": together.rows,
        "prefilled": together.prefilled,
        "handed_in": together.handed_in,
        "share": float(together.share),
    }
    call_command("prefilled", as_=clerk.username)
    assert f"{together.share}%  {together.prefilled} / {together.handed_in}  合计" in capsys.readouterr().out


def test_an_office_without_records_has_nothing_to_fill_in(other_clerk: User, period: ReportingPeriod):
    facilities = prefilled_cells(FacilitySheet(), other_clerk.division.path, period)
    assert (facilities.rows, facilities.share) == (0, None)


def test_the_page_shows_the_share_of_each_register_of_the_own_office(quiet: None, clerk: User, signed_in):
    page = signed_in(clerk).get(PAGE)
    together = page.context["together"]
    text = page.content.decode()
    assert page.context["office"] == clerk.division and "<select" not in text
    assert {line.title for line in page.context["lines"]} >= {"社区", "服务设施", "社会组织"}
    assert f"占{together.share}%" in text and together.share >= 90
    assert f'href="{PAGE}"' in signed_in(clerk).get("/uploads/new/").content.decode()


def test_a_user_of_the_city_chooses_a_county_first(quiet: None, place, officer: User, other_clerk: User, signed_in):
    browser = signed_in(officer)
    assert "请先选一个县（市、区）" in browser.get(PAGE).content.decode()
    assert browser.get(PAGE, {"county": place.county.code}).context["office"] == place.county
    assert browser.get(PAGE, {"county": "999999"}).status_code == 404
    own = signed_in(other_clerk).get(PAGE, {"county": place.county.code})
    assert own.context["office"] == place.other_county, "a county sees its own, whatever the address says"
