"""Tests of the figures of communities: bodies, facilities and monthly counts, with the examples of the paper's systems."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Shown, declared_figure, declared_figures
from communities.models import Community, Facility, GovernanceBody, RecordMove
from tests.factories import (
    Place,
    make_change_set,
    make_community,
    make_facility,
    make_governance_body,
    make_monthly_report,
    make_profile,
)
from tests.queries import exactly

pytestmark = pytest.mark.django_db
MAY = (datetime.date(2018, 5, 1), datetime.date(2018, 5, 31))
JUNE = (datetime.date(2018, 6, 1), datetime.date(2018, 6, 30))
PARTY, DELIBERATION, CONVENIENCE, CULTURE, ELDERLY = Facility.Function.values


def rows_of(code: str, days: tuple[datetime.date, datetime.date] = MAY) -> list[dict[str, Any]]:
    with exactly(1):
        return list(declared_figure(code).rows(*days))


def sums_of(code: str, days: tuple[datetime.date, datetime.date] = MAY) -> tuple[Any, Any]:
    rows = rows_of(code, days)
    return sum(row["numerator"] for row in rows), sum(row.get("denominator", 0) for row in rows)


def bodies(community: Community, *, party: Any = True, committee: Any = True, supervision: Any = True,
           mass: Any = True, economic: Any = True, groups: Any = 5, representatives: Any = 40) -> None:  # fmt: skip
    exist = {"party": party, "committee": committee, "supervision": supervision, "mass": mass, "economic": economic}
    for kind, exists in exist.items():
        if exists is not None:
            make_governance_body(community, kind, exists=exists)
    for kind, number in (("groups", groups), ("representatives", representatives)):
        if number is not None:
            make_governance_body(community, kind, number=number)


@pytest.fixture
def four(place: Place) -> tuple[Community, ...]:
    """Return P, Q, R and S of the paper's example, with their bodies and facilities."""
    p, q, r, s = (make_community(place.street, f"示例{name}社区") for name in "PQRS")
    bodies(p)
    bodies(q, supervision=False)
    bodies(r, mass=None)
    bodies(s, economic=False)
    make_facility(p, "f1", functions=[PARTY, CULTURE])
    make_facility(p, "f2", functions=[DELIBERATION, CONVENIENCE, ELDERLY])
    make_facility(q, "f3", functions=[CONVENIENCE])
    make_facility(s, "f4", functions=list(Facility.Function.values), closed_on=datetime.date(2018, 5, 31))
    return p, q, r, s


# --- The example of bodies and facilities ---


def test_bodies_are_complete_incomplete_or_unknown(four: tuple[Community, ...]):
    verdicts = dict(Community.objects.with_bodies_verdict().values_list("pk", "bodies_verdict"))
    assert [verdicts[each.pk] for each in four] == ["complete", "incomplete", "unknown", "complete"]
    numerator, denominator = sums_of("bodies_complete")
    # S has no 集体经济组织, which is not asked; R has reported, and is not complete as long as it leaves a body out.
    assert (numerator, denominator) == (2, 4)
    assert round(100 * numerator / denominator, 1) == 50.0


def test_the_five_functions_are_those_of_all_facilities_in_use_together(four: tuple[Community, ...]):
    assert rows_of("five_functions") == [{"community_id": four[0].pk, "numerator": 1}]
    figure = declared_figure("five_functions")
    assert figure.over is CountedOver.COMMUNITIES, "1 of 4 communities: 25.0 %"


def test_facilities_of_several_uses_are_counted_among_those_with_a_use(four: tuple[Community, ...]):
    make_facility(four[2], "没有功能的", functions=[])
    numerator, denominator = sums_of("multi_use")
    assert (numerator, denominator) == (2, 3)
    assert round(100 * numerator / denominator, 1) == 66.7
    assert sums_of("multi_use", (MAY[0], datetime.date(2018, 5, 30))) == (3, 4), "f4 ends on the 31st"


# --- Bodies and facilities, further ---


@pytest.mark.parametrize(
    ("given", "verdict", "words"),
    [
        ({}, "complete", "健全"),
        ({"groups": 1, "representatives": 1}, "complete", "健全"),
        ({"economic": None}, "complete", "健全"),
        ({"groups": 0}, "incomplete", "不健全：没有居（村）民小组"),
        ({"party": False, "mass": None}, "incomplete", "不健全：没有社区党组织；没有填群团组织"),
        ({"representatives": None}, "unknown", "未知：没有填居（村）民代表"),
    ],
)
def test_the_verdict_and_what_is_missing(place: Place, given: dict[str, Any], verdict: str, words: str):
    bodies(place.communities[0], **given)
    community = Community.objects.with_bodies_verdict().get(pk=place.communities[0].pk)
    assert (community.bodies_verdict, community.verdict_in_words) == (verdict, words)


def test_a_community_of_which_nothing_was_reported_is_unknown(place: Place):
    community = Community.objects.with_bodies_verdict().get(pk=place.communities[0].pk)
    assert community.bodies_verdict == GovernanceBody.Verdict.UNKNOWN
    make_governance_body(place.communities[1], "groups")  # a number that was cleared
    assert not declared_figure("bodies_complete").reported(MAY[1]).exists()
    assert rows_of("bodies_complete") == []


def test_a_community_is_covered_by_a_centre_in_use(place: Place):
    first, second, third = place.communities
    make_facility(first)
    make_facility(first)
    make_facility(second, kind="activity")
    make_facility(third, opened_on=datetime.date(2018, 6, 1))
    assert rows_of("facility_cover") == [{"community_id": first.pk, "numerator": 1}]
    assert {row["community_id"] for row in rows_of("facility_cover", JUNE)} == {first.pk, third.pk}


def test_the_area_that_was_opened_is_split_by_how_it_came_about(place: Place):
    first, second, _ = place.communities
    day = datetime.date(2018, 5, 31)
    for where, area, mode in (
        (first, "200.10", "new"), (first, "100.20", "new"), (first, "50", ""), (second, "80", "donated"),
    ):  # fmt: skip
        make_facility(where, area=area, construction_mode=mode, opened_on=day)
    make_facility(second, area=900, construction_mode="new", opened_on=datetime.date(2018, 6, 1))
    parts = {(row["community_id"], row["part"]): Decimal(str(row["numerator"])) for row in rows_of("area_opened")}
    assert parts == {
        (first.pk, "new"): Decimal("300.3"),
        (first.pk, "unknown"): Decimal(50),
        (second.pk, "donated"): Decimal(80),
    }
    assert {part for _, part in parts} <= set(declared_figure("area_opened").parts)


def test_what_has_moved_since_counts_where_it_was(place: Place, officer: Any):
    first, second, _ = place.communities
    facility = make_facility(second, functions=list(Facility.Function.values), opened_on=MAY[0])
    RecordMove.objects.create(
        model="communities.facility", record_id=facility.pk, from_community=first, to_community=second,
        moved_on=datetime.date(2018, 6, 15), change_set=make_change_set(officer),
    )  # fmt: skip
    for code in ("five_functions", "multi_use", "facility_cover", "area_opened"):
        assert [row["community_id"] for row in rows_of(code)] == [first.pk], code
    assert [row["community_id"] for row in rows_of("five_functions", JUNE)] == [second.pk]


# --- The example of signs ---


@pytest.fixture
def signs(place: Place) -> Place:
    now, then = ((1, 3), (2, 0), (4, 5)), ((2, 4), (2, 3), (6, 7))
    for community, (outside, inside), (outside_then, inside_then) in zip(place.communities, now, then, strict=True):
        make_monthly_report(community, "2018-06", signs_outside=outside, signs_inside=inside)
        make_monthly_report(community, "2017-12", signs_outside=outside_then, signs_inside=inside_then)
    return place


def test_signs_are_a_mean_of_communities_and_compared_with_last_december(signs: Place):
    numerator, denominator = sums_of("signs", JUNE)
    assert (numerator, denominator) == (15, 3)
    assert numerator / denominator == 5.0
    now, then = sums_of("signs_change", JUNE)
    assert (now, then) == (15, 24)
    assert round(100 * (now - then) / then, 1) == -37.5


def test_a_mean_counts_who_has_a_row_and_a_change_who_has_both_months(signs: Place):
    only_now, only_then = signs.other_communities
    make_monthly_report(only_now, "2018-06", signs_outside=30, signs_inside=0)
    make_monthly_report(only_then, "2017-12", signs_outside=50, signs_inside=0)
    make_monthly_report(signs.villages[0], "2018-06", signs_outside=70, meetings=3)
    make_monthly_report(signs.villages[1], "2018-03", signs_outside=1, signs_inside=1)
    assert sums_of("signs", JUNE) == (45, 4), "who gives half of the signs is left out"
    assert sums_of("signs_change", JUNE) == (15, 24)
    assert sums_of("signs", (datetime.date(2018, 4, 1), datetime.date(2018, 4, 30))) == (0, 0)
    reported = declared_figure("signs").reported(datetime.date(2018, 2, 28))
    assert {row["community_id"] for row in reported} == {*(each.pk for each in signs.communities), only_then.pk}


def test_a_december_is_compared_with_the_one_before(place: Place):
    make_monthly_report(place.communities[0], "2018-12", meetings=3)
    make_monthly_report(place.communities[0], "2017-12", meetings=4)
    assert sums_of("meetings_change", (datetime.date(2018, 12, 1), datetime.date(2018, 12, 31))) == (3, 4)


def test_since_january_a_mean_is_of_reports_one_for_each_month_that_a_community_reported(place: Place):
    first, second = place.communities[:2]
    for month, meetings in (("2017-12", 90), ("2018-03", 4), ("2018-06", 6)):
        make_monthly_report(first, month, meetings=meetings)
    make_monthly_report(second, "2018-06", meetings=2)
    assert sums_of("meetings", JUNE) == (8, 2)
    assert sums_of("meetings", (datetime.date(2018, 1, 1), datetime.date(2018, 6, 30))) == (12, 3)


@pytest.mark.parametrize("kind", ["ledgers", "meetings", "inspections", "certificates", "leaders"])
def test_each_kind_has_its_mean(place: Place, kind: str):
    four: dict[str, Any] = {kind: 4}
    none: dict[str, Any] = {kind: 0}
    make_monthly_report(place.communities[0], **four)
    make_monthly_report(place.communities[1], **none)
    assert sums_of(kind, JUNE) == (4, 2), "a zero counts"


def test_how_the_figures_are_declared():
    own = [each for each in declared_figures() if each.rows.__module__.startswith("communities.indicators")]
    means = {"signs", "ledgers", "meetings", "inspections", "certificates", "leaders"}
    changes = {f"{code}_change" for code in means - {"leaders"}}
    assert {each.code for each in own} == means | changes | {
        "bodies_complete", "five_functions", "multi_use", "facility_cover", "area_opened",
    }  # fmt: skip
    kinds = {each.code: (each.kind, each.shown, each.fewer_is_better) for each in own}
    assert kinds["signs"] == (FigureKind.STOCK, Shown.MEAN, True)
    assert kinds["meetings"] == (FigureKind.FLOW, Shown.MEAN, True)
    assert kinds["leaders"] == (FigureKind.STOCK, Shown.MEAN, False)
    assert kinds["signs_change"] == (FigureKind.STOCK, Shown.CHANGE, True)
    by_code: dict[str, Figure] = {each.code: each for each in own}
    assert all(by_code[code].scored_only for code in means | changes)


def test_figures_of_a_city_cost_one_query_however_many_communities(place: Place):
    for number in range(30):
        community = make_community(place.other_street, f"多{number}社区")
        make_profile(community)
        bodies(community)
        make_monthly_report(community, meetings=number)
    assert sums_of("bodies_complete") == (30, 30)
    assert sums_of("meetings", JUNE)[1] == 30
