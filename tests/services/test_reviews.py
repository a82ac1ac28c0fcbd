"""Tests of reviews: the grade that the newest final one gives, and acceptance before 已验收."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import User
from services.models import Review, ServiceProject, grade_of
from services.models.reviews import settled_grade
from tests.factories import Place, make_project, make_review
from tests.quality import refs_found_by
from tests.services.rows import review_row
from tests.services.test_sheets import row as project_row
from tests.uploads.office import Send, codes_of

pytestmark = pytest.mark.django_db


def settled(project: ServiceProject) -> str | None:
    found: str | None = ServiceProject.objects.annotate(given=settled_grade()).get(pk=project.pk).given
    return found


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ("100", "excellent"), ("90", "excellent"), ("89.99", "good"), ("80", "good"), ("79.99", "fair"), ("60", "fair"),
        ("59.99", "poor"), ("0", "poor"),
    ],
)  # fmt: skip
def test_a_score_has_the_same_grade_in_python_and_in_the_database(score: str, grade: str, place: Place) -> None:
    project = make_project(place.county)
    make_review(project, score=Decimal(score))
    assert grade_of(Decimal(score)) == settled(project) == grade


def test_84_in_the_middle_and_91_at_the_end_are_excellent(send: Send, clerk: User, place: Place, signed_in) -> None:
    project = make_project(place.county, number="YS-1", grade="good")
    rows = [
        review_row(评估类型="中期", 评估日期="2018-05-10", 得分=84),
        review_row(评估类型="末期", 评估日期="2018-06-20", 得分=91),
    ]
    answer = send("reviews", clerk, rows, commit="all")
    assert (answer["new"], codes_of(answer)) == (2, ["contradicts_project"])
    assert settled(project) == ServiceProject.Grade.EXCELLENT
    page = signed_in(clerk).get(project.get_absolute_url()).content.decode()
    assert "优（末期评估；项目登记为良）" in page
    for grade, found in (("excellent", True), ("good", False)):
        listed = signed_in(clerk).get(reverse("services:list"), {"grade": grade}).content.decode()
        assert (project.name in listed) is found, "the review wins over the project's own sheet"


def test_the_newest_final_review_counts(place: Place) -> None:
    project = make_project(place.county)
    assert settled(project) is None
    make_review(project, score=95, reviewed_on=datetime.date(2018, 6, 1))
    make_review(project, "midterm", 30, reviewed_on=datetime.date(2018, 6, 20))
    assert settled(project) == "excellent"
    make_review(project, score=70, reviewed_on=datetime.date(2018, 6, 10))
    assert settled(project) == "fair"


def test_a_final_review_needs_a_score_and_no_score_is_above_100(send: Send, clerk: User, place: Place) -> None:
    make_project(place.county, number="YS-1")
    assert codes_of(send("reviews", clerk, [review_row(得分="")])) == ["required"]
    assert codes_of(send("reviews", clerk, [review_row(得分=100.5)])) == ["bad_number"]
    assert codes_of(send("reviews", clerk, [review_row(评估类型="验收", 得分="")])) == []


def test_reviews_are_of_the_offices_own_projects(send: Send, clerk: User, other_clerk: User, place: Place) -> None:
    make_project(place.street, number="YS-1")
    make_project(place.city, *place.communities, number="SJ-1")
    assert send("reviews", clerk, [review_row()], commit="all")["new"] == 1
    assert codes_of(send("reviews", other_clerk, [review_row()])) == ["bad_choice"]
    assert codes_of(send("reviews", clerk, [review_row("SJ-1")])) == ["bad_choice"]


def test_a_number_of_two_counties_asks_for_the_county(send: Send, officer: User, place: Place) -> None:
    for division in (place.county, place.other_county):
        make_project(division, number="YS-1")
    assert codes_of(send("reviews", officer, [review_row()])) == ["ambiguous_place"]
    send("reviews", officer, [review_row(**{"县（市、区）": "襄垣县"})], commit="all")
    assert Review.objects.get().project.division == place.other_county


def test_a_project_is_accepted_after_its_acceptance(send: Send, officer: User, place: Place) -> None:
    send("projects", officer, [project_row("YS-1")], commit="all")
    refused = send("projects", officer, [project_row("YS-1", 状态="已验收")])
    assert [problem["message"] for problem in refused["problems"]] == ["改为“已验收”以前，请先登记项目评估里的验收"]
    send("reviews", officer, [review_row(评估类型="验收", 得分="")], commit="all")
    assert send("projects", officer, [project_row("YS-1", 状态="已验收")], commit="all")["changed"] == 1


def test_a_project_that_comes_in_as_accepted_is_pointed_out_and_found_later(
    send: Send, officer: User, place: Place
) -> None:
    answer = send("projects", officer, [project_row("YS-1", 状态="已验收", 结束日期="2018-05-31")], commit="all")
    assert (answer["new"], codes_of(answer)) == (1, ["contradicts_project"])
    project = ServiceProject.objects.get()
    assert refs_found_by("accepted_without_acceptance", place.city) == {project.ref}
    assert refs_found_by("accepted_without_acceptance", place.city, "2018-04") == set()
    make_review(project, "acceptance", None, reviewed_on=datetime.date(2018, 6, 1))
    assert refs_found_by("accepted_without_acceptance", place.city) == set()


def test_a_grade_that_differs_from_the_review_is_found(place: Place) -> None:
    good, other = make_project(place.county, grade="good"), make_project(place.county, grade="good")
    silent = make_project(place.county)
    for project, score in ((good, 85), (other, 70), (silent, 70)):
        make_review(project, score=score)
    assert refs_found_by("grade_differs_from_review", place.county) == {other.ref}
