"""What a survey has found: by question, and by place for one question.

A place adds up its communities that have enough answers; those with fewer are shown, and unknown (样本不足).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q, Sum

from changzhi_portal.grades import GRADE_FIELDS, GradeCounts, printed_rate, printed_score
from changzhi_portal.percent import percent
from changzhi_portal.rights import Actor
from communities.models import Community, Division
from communities.models.community import CommunityQuerySet
from participation.models import Survey, SurveyCount
from participation.questions import ENOUGH_ANSWERS

_SUMMED = (*GRADE_FIELDS.values(), "do_not_know", "sent", "chosen")


@dataclass(frozen=True, slots=True)
class Result:
    """Added-up answers. `communities` have enough of them, `few` have some and are left out, `missing` have no count.

    Of a survey of needs every community counts: it asks for no judgement.
    """

    grades: GradeCounts = field(default_factory=GradeCounts)
    do_not_know: int = 0
    sent: int = 0
    chosen: int = 0
    communities: int = 0
    few: int = 0
    missing: int = 0

    def __add__(self, other: Result) -> Result:
        """Return the answers of both."""
        return Result(
            grades=self.grades + other.grades,
            do_not_know=self.do_not_know + other.do_not_know,
            sent=self.sent + other.sent,
            chosen=self.chosen + other.chosen,
            communities=self.communities + other.communities,
            few=self.few + other.few,
            missing=self.missing + other.missing,
        )

    @property
    def satisfaction(self) -> Decimal | None:
        """Return 满意率 in percent with one decimal; None where nothing is known."""
        return printed_rate(self.grades.satisfaction)

    @property
    def approval(self) -> Decimal | None:
        """Return 好评率 in percent with one decimal; None where nothing is known."""
        return printed_rate(self.grades.approval)

    @property
    def bad_rate(self) -> Decimal | None:
        """Return 差评率 in percent with one decimal; None where nothing is known."""
        return printed_rate(self.grades.bad_rate)

    @property
    def score(self) -> Decimal | None:
        """Return the score with one decimal; None where nothing is known."""
        return printed_score(self.grades.score)

    @property
    def share(self) -> Decimal | None:
        """Return how many of the sheets that were sent chose it, in percent; None where none was sent."""
        return percent(self.chosen, self.sent)

    @property
    def remark(self) -> str:
        """Return which communities are not in it, in words; "" where all are."""
        told = [f"样本不足{self.few}个"] if self.few else []
        told += [f"未填报{self.missing}个"] if self.missing else []
        return "，".join(told)


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """The result of one question over all communities of a survey."""

    question: str
    result: Result


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """The result of one question in a county or town, or in a community.

    Of a community with few answers the result is empty; `valid` says how many there are.
    """

    name: str
    result: Result
    division: Division | None = None
    community: Community | None = None
    valid: int = 0

    @property
    def is_sum(self) -> bool:
        """Return whether communities are added up in it."""
        return self.community is None

    @property
    def remark(self) -> str:
        """Return what is to be said of it: 样本不足, 未填报."""
        if self.community is None:
            return self.result.remark
        if self.result.missing:
            return "未填报"
        return f"样本不足（有效{self.valid}份，少于{ENOUGH_ANSWERS}份）" if self.result.few else ""


def question_results(survey: Survey, user: Actor) -> list[QuestionResult]:
    """Return the result of each question of a survey over the communities that the user may see. One query."""
    found = _sums(survey, user, "question")
    return [QuestionResult(question, found.get((question,), Result())) for question in survey.asked]


def area_of(survey: Survey) -> Division:
    """Return the division that stands today where the survey was made."""
    return survey.division.current_division


def communities_asked(survey: Survey, user: Actor) -> CommunityQuerySet:
    """Return the communities of today that a survey asks, within what the user may see."""
    return Community.objects.visible_to(user).current().filter(Community.in_subtree(area_of(survey).path))


def results_by_county(survey: Survey, question: str, user: Actor) -> list[PlaceResult]:
    """Return the result of one question of a survey of the city in each county of today. Three queries."""
    found = _sums(survey, user, "community__town__parent", question=question)
    communities = communities_asked(survey, user).values_list("town__parent").annotate(number=Count("pk")).order_by()
    number = dict(communities)
    counties = Division.objects.counties().current().filter(Division.in_subtree(area_of(survey).path)).order_by("code")
    rows = []
    for county in counties:
        result = found.get((county.pk,), Result())
        missing = max(number.get(county.pk, 0) - result.communities - result.few, 0)
        rows.append(PlaceResult(county.name, result + Result(missing=missing), division=county))
    return rows


def results_in_county(survey: Survey, question: str, county: Division, user: Actor) -> list[PlaceResult]:
    """Return the result of one question in each town of a county, each followed by its communities. Two queries."""
    counts = SurveyCount.objects.visible_to(user).filter(survey=survey, question=question)
    inside = counts.within(county).select_related("community__town")
    by_community = {count.community_id: count for count in inside}
    here = list(communities_asked(survey, user).within(county).select_related("town").order_by("code"))
    standing = {community.pk for community in here}
    # A community that was closed since keeps what its residents have said.
    here += [count.community for count in inside if count.community_id not in standing]
    by_town: dict[int, list[Community]] = {}
    for community in sorted(here, key=lambda each: each.code):
        by_town.setdefault(community.town_id, []).append(community)
    rows: list[PlaceResult] = []
    for communities in by_town.values():
        below = [_of_community(community, by_community.get(community.pk), survey) for community in communities]
        town = communities[0].town
        rows.append(PlaceResult(town.name, added_up(below), division=town))
        rows += below
    return rows


def added_up(rows: Iterable[PlaceResult]) -> Result:
    """Return the sum of rows, such as of the communities of a town or the counties of the city."""
    return sum((row.result for row in rows), Result())


def _of_community(community: Community, count: SurveyCount | None, survey: Survey) -> PlaceResult:
    if count is None:
        return PlaceResult(community.name, Result(missing=1), community=community)
    valid = count.grades.valid
    if not survey.is_of_needs and not count.has_enough:
        return PlaceResult(community.name, Result(few=1), community=community, valid=valid)
    result = Result(
        grades=count.grades,
        do_not_know=count.do_not_know or 0,
        sent=count.sent or 0,
        chosen=count.chosen or 0,
        communities=1,
    )
    return PlaceResult(community.name, result, community=community, valid=valid)


def _sums(survey: Survey, user: Actor, *by: str, **only: str) -> dict[tuple[object, ...], Result]:
    """Return the sums of the counts of a survey by some columns; of answers only those of communities that have enough."""
    rows = SurveyCount.objects.visible_to(user).filter(survey=survey, **only).with_answers().order_by()
    enough = Q() if survey.is_of_needs else Q(valid__gte=ENOUGH_ANSWERS)
    sums = {f"sum_{name}": Sum(name, filter=enough) for name in _SUMMED}
    numbers = {
        "with_enough": Count("pk", filter=enough),
        "with_few": Count("pk", filter=~enough) if enough else Count("pk", filter=Q(pk__in=())),
    }
    return {tuple(row[name] for name in by): _result_of(row) for row in rows.values(*by).annotate(**sums, **numbers)}


def _result_of(row: dict[str, int | None]) -> Result:
    def number(name: str) -> int:
        return row[name] or 0

    return Result(
        grades=GradeCounts(*(number(f"sum_{name}") for name in GRADE_FIELDS.values())),
        do_not_know=number("sum_do_not_know"),
        sent=number("sum_sent"),
        chosen=number("sum_chosen"),
        communities=number("with_enough"),
        few=number("with_few"),
    )
