"""Printed question sheets (问卷) of a survey: one page for each community, without any personal data.

They lie here and not in `participation` because printing does (docs/architecture.md §2): the survey's page gets them as a panel.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

from changzhi_portal.grades import Grade5
from changzhi_portal.refusals import InvalidError
from changzhi_portal.rights import Actor
from communities.models import Community, Division
from communities.models.community import CommunityQuerySet
from participation.models import Survey
from participation.questions import SENTENCES
from participation.results import area_of, communities_asked

STYLE_SHEETS = ("static:reports/question_sheet.css",)
# A page takes a tenth of a second; a town of Changzhi has at most some sixty communities.
MOST_SHEETS = 100


@dataclass(frozen=True, slots=True)
class QuestionSheet:
    """One page: of a community, or with a blank line for its name. `questions` are sentences, in the survey's order."""

    survey: str
    office: str
    place: str
    questions: tuple[str, ...]
    is_of_needs: bool
    starts_on: datetime.date
    ends_on: datetime.date
    is_demo: bool

    @property
    def title(self) -> str:
        """Return the heading."""
        return "居民需求调查问卷" if self.is_of_needs else "居民满意度调查问卷"

    @property
    def answers(self) -> tuple[str, ...]:
        """Return what may be ticked for each question, in the order of the boxes."""
        return ("需要",) if self.is_of_needs else (*(str(grade.label) for grade in Grade5), "不了解")


def towns_to_print(survey: Survey, user: Actor) -> list[Division]:
    """Return the towns whose communities a survey asks, with their county, in the order of their codes."""
    towns = Division.objects.towns().current().visible_to(user).filter(Division.in_subtree(area_of(survey).path))
    return list(towns.select_related("parent").order_by("code"))


def communities_to_print(survey: Survey, user: Actor) -> CommunityQuerySet:
    """Return the communities that a survey asks, in the order of their codes."""
    return communities_asked(survey, user).select_related("town__parent").order_by("code")


def sheets_of(survey: Survey, communities: Iterable[Community]) -> list[QuestionSheet]:
    """Return a sheet for each community; a single one with a blank line for the name where there is none.

    Raises InvalidError for more than MOST_SHEETS.
    """
    places = [f"{community.town.full_name}{community.name}" for community in communities] or [""]
    if len(places) > MOST_SHEETS:
        raise InvalidError(
            f"一次最多打印{MOST_SHEETS}个社区的问卷，现在有{len(places)}个；请改选街道（乡镇），或者打印空白问卷后复印。",
            cure=f"At most {MOST_SHEETS} sheets are printed at once.",
        )
    questions = survey.asked if survey.is_of_needs else tuple(SENTENCES[question] for question in survey.asked)
    return [
        QuestionSheet(
            survey=survey.name,
            office=f"{survey.division.current_division.name}民政局",
            place=place,
            questions=questions,
            is_of_needs=survey.is_of_needs,
            starts_on=survey.starts_on,
            ends_on=survey.ends_on,
            is_demo=settings.DEMO,
        )
        for place in places
    ]


def sheets_markup(sheets: list[QuestionSheet]) -> str:
    """Return sheets as one HTML document, for `reports.pdf.print_markup`."""
    return render_to_string("reports/question_sheets/document.html", {"sheets": sheets, "first": sheets[0]})
