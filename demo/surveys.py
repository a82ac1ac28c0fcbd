"""Demo surveys: satisfaction in the autumn of 2018 and 2019 and in the spring of 2020, needs in the spring of 2019, in some communities of every county.

The bureau opens a survey for each county, uploads one file with all counts, and closes them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from accounts.models import User
from changzhi_portal.grades import GRADE_FIELDS
from communities.models import Community, Division
from communities.models.community import CommunityQuerySet
from communities.sheets.place_columns import place_values_of
from demo.accounts import CITY_NAME
from demo.fake_data import FakeData
from demo.monthly_rows import Row
from demo.workbooks import Layout, Workbook
from participation.actions import SurveyFields, save_survey
from participation.flow import FLOW
from participation.models import Survey
from participation.sheets import SurveyCountSheet
from periods.models import last_day_of

# Of each county so many communities are asked, as a sample does.
COMMUNITIES_ASKED = 8
SENT = 60
# What residents of an ordinary community answer, the best grade first, then 不了解.
_ANSWERS = dict(zip((*GRADE_FIELDS.values(), "do_not_know"), (34, 38, 17, 6, 2, 3), strict=True))
_NEEDS = ("老年食堂", "日间照料", "四点半课堂", "文体活动场地", "矛盾调解")


@dataclass(frozen=True, slots=True)
class DemoSurvey:
    """A survey that every county makes in one month."""

    month: datetime.date
    name: str
    kind: str = Survey.Kind.SATISFACTION
    questions: tuple[str, ...] = ()


SURVEYS = (
    DemoSurvey(datetime.date(2018, 10, 1), "2018年居民满意度调查（演示数据）"),
    DemoSurvey(datetime.date(2019, 5, 1), "2019年居民需求调查（演示数据）", Survey.Kind.NEEDS, _NEEDS),
    DemoSurvey(datetime.date(2019, 10, 1), "2019年居民满意度调查（演示数据）"),
    DemoSurvey(datetime.date(2020, 5, 1), "2020年居民满意度调查（演示数据）"),
)


def open_surveys(month: datetime.date, *, by: User) -> list[Survey]:
    """Open the surveys of a month in every county with communities, and return those that are collecting; none that were closed."""
    found = []
    for planned in (each for each in SURVEYS if each.month == month):
        counties = Division.objects.counties().current().filter(is_statistical=False).order_by("code")
        for county in (each for each in counties if _communities(each).exists()):
            survey = Survey.objects.filter(division=county, name=planned.name).first()
            if survey is None:
                survey = save_survey(by=by, fields=_fields(planned, county))
            if survey.state == Survey.State.DRAFT:
                survey = FLOW.make(survey, "open", by=by)
            if survey.state == Survey.State.COLLECTING:
                found.append(survey)
    return found


def _fields(planned: DemoSurvey, county: Division) -> SurveyFields:
    return SurveyFields(
        division=county,
        name=planned.name,
        kind=planned.kind,
        starts_on=planned.month.replace(day=8),
        ends_on=last_day_of(planned.month),
        method=Survey.Method.HOUSEHOLD,
        by_third_party=planned.kind == Survey.Kind.SATISFACTION,
        questions="\n".join(planned.questions),
    )


def write_counts(surveys: Sequence[Survey], folder: Path, month: datetime.date) -> Path:
    """Write the bureau's file with the counts of surveys and return its path."""
    sheet = SurveyCountSheet()
    path = folder / f"{month:%Y-%m}" / f"演示数据_{CITY_NAME}_{sheet.title}_{month:%Y-%m}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    title = f"{CITY_NAME}居民调查结果汇总表（{month.year}年{month.month}月，演示数据）"
    book = Workbook(path, sheet, Layout(total=False), title=title, office=f"{CITY_NAME}民政局", day=last_day_of(month))
    book.write([row for survey in surveys for row in _rows(survey)])
    return path


def _communities(county: Division) -> CommunityQuerySet:
    return Community.objects.current().within(county).exclude(kind="").order_by("code")


def _rows(survey: Survey) -> Iterator[Row]:
    """Yield the counts of a survey in a sample of its county's communities; in some too few have answered."""
    fake = FakeData("surveys", survey.name, survey.division.code)
    asked = fake.some_of(list(_communities(survey.division).select_related("town__parent")), COMMUNITIES_ASKED)
    for community in sorted(asked, key=lambda each: each.code):
        answered = fake.number(12, 28) if fake.chance(0.08) else fake.number(44, SENT)
        liking = fake.around(1.0, 0.35)
        for question in survey.asked:
            numbers = _chosen(answered, fake) if survey.is_of_needs else _answers(answered, liking, fake)
            yield {"survey": survey.name, **place_values_of(community), "question": question, "sent": SENT, **numbers}


def _chosen(answered: int, fake: FakeData) -> Row:
    return {"chosen": answered * fake.number(10, 70) // 100}


def _answers(answered: int, liking: float, fake: FakeData) -> Row:
    """Return how many of the answers are of each grade; a well-liked community has more of the best ones."""
    shares = {name: share * (liking if number < 2 else 1.0) for number, (name, share) in enumerate(_ANSWERS.items())}
    numbers = dict.fromkeys(shares, 0)
    for _ in range(answered):
        numbers[fake.weighted(shares)] += 1
    return dict(numbers)


def close_surveys(surveys: Sequence[Survey], *, by: User) -> None:
    """Close surveys, so that their results count."""
    for survey in surveys:
        FLOW.make(survey, "close", by=by)
