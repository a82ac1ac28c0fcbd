"""Tests of what comes next with a project: on its page, and in the list of what is due this month."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from services.models import ServiceProject
from services.stages import with_progress
from tests.factories import Place, make_payment, make_project, make_review
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 30)
YEAR = {"starts_on": datetime.date(2018, 1, 1), "ends_on": datetime.date(2018, 12, 31)}
OVER = {"starts_on": datetime.date(2018, 1, 1), "ends_on": DAY}


def stage(project: ServiceProject, day: datetime.date = DAY) -> str:
    found: str = with_progress(ServiceProject.objects.all(), day).get(pk=project.pk).stage
    return found


@pytest.mark.parametrize(
    ("fields", "reviews", "expected"),
    [
        ({"status": "procuring"}, (), "contract"),
        ({"status": "planned", "starts_on": datetime.date(2018, 7, 1)}, (), ""),
        ({"contract_amount": None}, (), "contract"),
        (YEAR, (), ""),  # the middle is 2 July
        ({**YEAR, "starts_on": datetime.date(2017, 12, 29)}, (), ""),
        ({**YEAR, "starts_on": datetime.date(2017, 12, 28)}, (), "midterm"),
        ({**YEAR, "starts_on": datetime.date(2017, 12, 1)}, ("midterm",), ""),
        ({"starts_on": datetime.date(2018, 4, 1), "ends_on": datetime.date(2018, 7, 31)}, (), ""),  # too short
        (OVER, (), "final"),
        (OVER, ("final",), "acceptance"),
        (OVER, ("final", "acceptance"), "status"),
        ({**OVER, "status": "terminated"}, (), ""),
    ],
)
def test_a_stage_is_due_when_what_comes_before_is_done(
    fields: dict[str, Any], reviews: tuple[str, ...], expected: str, place: Place
) -> None:
    project = make_project(place.county, **{"contract_amount": 100_000, **fields})
    for kind in reviews:
        make_review(project, kind)
    assert stage(project) == expected


def test_an_accepted_project_waits_for_the_rest_of_its_money(place: Place) -> None:
    project = make_project(place.county, status="accepted", contract_amount=100, **OVER)
    assert stage(project) == "", "nobody says what was paid"
    project.paid = 90
    project.save()
    assert stage(project) == "payment"
    make_payment(place.county, 99.99, project=project)
    assert stage(project) == "payment", "the payments say more than the project"
    make_payment(place.county, 0.01, project=project)
    assert stage(project) == ""


def test_the_page_begins_with_the_next_stage_and_its_form_knows_the_project(
    place: Place, clerk: User, signed_in: Any
) -> None:
    project = make_project(place.county, number="YS-1", contract_amount=100_000, **OVER)
    browser = signed_in(clerk)
    actions = browser.get(project.get_absolute_url()).context["actions"]
    assert [action.title for action in actions] == ["登记末期评估", "修改", "登记评估", "登记拨付"]
    asked = parse_qs(urlparse(actions[0].url).query)
    assert asked == {"project_number": ["YS-1"], "county": ["城区"]}
    form = browser.get(actions[0].url).context["form"]
    assert form["project_number"].value() == "YS-1"
    for kind in ("final", "acceptance"):
        make_review(project, kind)
    assert browser.get(project.get_absolute_url()).context["actions"][0].title == "改为已验收"


def test_a_project_that_runs_is_paid_next(place: Place, clerk: User, signed_in: Any) -> None:
    today = timezone.localdate()
    project = make_project(
        place.county, contract_amount=100, starts_on=today, ends_on=today + datetime.timedelta(days=90)
    )
    browser = signed_in(clerk)
    assert browser.get(project.get_absolute_url()).context["actions"][0].title == "登记拨付"
    make_payment(place.county, 100, project=project)
    page = browser.get(project.get_absolute_url())
    assert page.context["actions"][0].title == "修改"
    assert "已付100.0%" in page.content.decode()


def test_the_list_says_what_is_due_by_the_end_of_this_month(place: Place, clerk: User, signed_in: Any) -> None:
    today = timezone.localdate()
    first = today.replace(day=1)
    due = make_project(place.county, contract_amount=100, starts_on=first - datetime.timedelta(days=60), ends_on=today)
    later = make_project(
        place.county, contract_amount=100, starts_on=today, ends_on=today + datetime.timedelta(days=120)
    )
    elsewhere = make_project(place.other_county, contract_amount=100, starts_on=first, ends_on=today)
    browser = signed_in(clerk)
    page = browser.get(reverse("services:due")).content.decode()
    assert due.name in page and "登记末期评估" in page
    assert later.name not in page and elsewhere.name not in page
    assert due.name not in browser.get(reverse("services:due"), {"stage": "payment"}).content.decode()
    few = len(queries_of(lambda: browser.get(reverse("services:due"))))
    for _ in range(3):
        make_project(place.county, contract_amount=100, starts_on=first, ends_on=today)
    assert len(queries_of(lambda: browser.get(reverse("services:due")))) == few


def test_a_reader_without_upload_is_offered_nothing(place: Place, auditor: User, signed_in: Any) -> None:
    project = make_project(place.county, contract_amount=100_000, **OVER)
    assert signed_in(auditor).get(project.get_absolute_url()).context["actions"] == []
