"""Demo assessments (社区考核): in January the scores of the year before, in the communities that its survey has asked.

The bureau sets how each county weighs satisfaction, then uploads one file with all scores.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from accounts.models import User
from communities.models import Community, Division
from communities.sheets.place_columns import place_values_of
from demo.accounts import CITY_NAME
from demo.fake_data import FakeData
from demo.monthly_rows import Row
from demo.workbooks import Layout, Workbook
from participation.scores import satisfaction_scores
from periods.models import last_day_of
from workload.actions import save_scheme
from workload.models import AssessmentScheme
from workload.sheets import AssessmentSheet

_WEIGHTS = (50, 60, 70)


def set_schemes(year: int, *, by: User) -> None:
    """Set the weight of satisfaction of a year in every county that has none yet."""
    known = AssessmentScheme.objects.filter(year=year).values("county")
    counties = Division.objects.counties().current().filter(is_statistical=False).exclude(pk__in=known).order_by("code")
    for county in counties:
        weight = FakeData("assessments", str(year), county.code).one_of(_WEIGHTS)
        save_scheme(by=by, county=county, year=year, weight=weight, note="演示数据")


def write_assessments(year: int, folder: Path, month: datetime.date) -> Path | None:
    """Write the bureau's file with the scores of a year and return its path; None where no survey was made that year."""
    asked = Community.objects.current().filter(pk__in=satisfaction_scores(year)).select_related("town__parent")
    rows = [_row(community, year) for community in asked.order_by("code")]
    if not rows:
        return None
    sheet = AssessmentSheet()
    path = folder / f"{month:%Y-%m}" / f"演示数据_{CITY_NAME}_{sheet.title}_{year}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    title = f"{CITY_NAME}{year}年社区考核得分表（演示数据）"
    book = Workbook(path, sheet, Layout(total=False), title=title, office=f"{CITY_NAME}民政局", day=last_day_of(month))
    book.write(rows)
    return path


def _row(community: Community, year: int) -> Row:
    score = FakeData("assessments", str(year), community.code).number(700, 980) / 10
    return {**place_values_of(community), "year": year, "work_score": score}
