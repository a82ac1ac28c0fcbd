"""Tests of what consultations come to: their figures, and who is told of an agreement that is not done."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from participation import indicators
from participation.models import Consultation
from targets.actions import compute_period
from targets.models import FigureResult
from tests.changelog.forms import opened
from tests.factories import Place, make_consultation, make_organization
from tests.pages import markup_of
from tests.quality import refs_found_by

pytestmark = pytest.mark.django_db
JUNE = (datetime.date(2018, 6, 1), datetime.date(2018, 6, 30))
Outcome = Consultation.Outcome


def figure(period, code, division):
    found = FigureResult.objects.of_period(period).of_division(division).of_figure(code).filter(part="").first()
    return None if found is None or found.numerator is None else (found.numerator, found.denominator)


# --- Figures ---


def test_five_of_eight_consultations_with_an_organization_are_62_5_percent(place, period):
    """The worked example of docs/domain.md §13.5: 5 of 8 with an organization."""
    here, there = place.communities[0], place.other_communities[0]
    choir = make_organization(here, "演示合唱团")
    for _ in range(2):
        make_consultation(here, choir, due_on=None)
    make_consultation(here, choir, make_organization(here), organization_count=2, due_on=None)
    make_consultation(here, organization_count=1, due_on=None)  # one that is not registered
    make_consultation(there, organization_count=4, outcome="")
    for count in (None, 0, None):
        make_consultation(there, organization_count=count, outcome=Outcome.NONE)
    make_consultation(here, choir, held_on=datetime.date(2018, 5, 31), due_on=None)
    make_consultation(here, choir, held_on=datetime.date(2018, 7, 1), due_on=None)
    compute_period(period)
    assert figure(period, "consultations", place.county)[0] == 8
    assert figure(period, "org_voice", place.county) == (5, 8)
    found = FigureResult.objects.of_period(period).of_division(place.county).of_figure("org_voice").get(part="")
    assert round(found.numerator / found.denominator * 100, 1) == Decimal("62.5")
    assert figure(period, "org_voice", place.street) == (4, 4)
    assert figure(period, "consultations", place.other_county) is None


def test_what_was_due_in_the_month_is_done_in_time_by_its_last_day(place, period):
    day = datetime.date(2018, 6, 20)
    early = datetime.date(2018, 5, 2)
    for done in (day, day - datetime.timedelta(days=1), day + datetime.timedelta(days=1), None):
        make_consultation(place.communities[0], held_on=early, due_on=day, done_on=done)
    make_consultation(place.communities[0], held_on=early, due_on=datetime.date(2018, 5, 31))
    make_consultation(place.communities[0], held_on=early, due_on=datetime.date(2018, 7, 1), done_on=day)
    make_consultation(place.communities[0], held_on=early, due_on=None, done_on=day)
    compute_period(period)
    assert figure(period, "agreed_done", place.county) == (2, 4)


_one = st.fixed_dictionaries(
    {
        "where": st.integers(0, 2),
        "day": st.dates(datetime.date(2018, 5, 25), datetime.date(2018, 7, 5)),
        "listed": st.integers(0, 2),
        "counted": st.none() | st.integers(0, 3),
        "due": st.none() | st.integers(0, 40),
        "done": st.none() | st.integers(0, 60),
    }
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.lists(_one, max_size=10))
def test_figures_are_those_that_plain_python_makes(held, place: Place):
    places = (place.communities[0], place.other_communities[0], place.villages[0])
    with transaction.atomic():
        organizations = [make_organization(place.communities[0]) for _ in range(2)]
        for each in held:
            later = {
                name: None if each[name] is None else each["day"] + datetime.timedelta(days=each[name])
                for name in ("due", "done")
            }
            make_consultation(
                places[each["where"]],
                *organizations[: each["listed"]],
                held_on=each["day"],
                organization_count=each["counted"],
                due_on=later["due"],
                done_on=later["done"],
            )
            each["due_on"], each["done_on"] = later["due"], later["done"]
        of_june = [each for each in held if JUNE[0] <= each["day"] <= JUNE[1]]
        due = [each for each in held if each["due_on"] is not None and JUNE[0] <= each["due_on"] <= JUNE[1]]
        expected = {
            "consultations": (len(of_june), len(of_june)),
            "org_voice": (sum(bool(each["listed"] or each["counted"]) for each in of_june), len(of_june)),
            "agreed_done": (
                sum(each["done_on"] is not None and each["done_on"] <= each["due_on"] for each in due),
                len(due),
            ),
        }
        found = {}
        for one in (indicators.CONSULTATIONS, indicators.ORG_VOICE, indicators.AGREED_DONE):
            rows = list(one.rows(*JUNE))
            found[one.code] = (sum(row["numerator"] for row in rows), len(rows))
        assert found == expected
        transaction.set_rollback(True)


def test_the_numbers_of_a_month_lead_to_their_rows(place, period, clerk, signed_in):
    make_consultation(place.communities[0], topic="加装电梯")
    make_consultation(place.communities[0], topic="七月的", held_on=datetime.date(2018, 7, 2))
    address = indicators.CONSULTATIONS.list_url(place.county, period)
    page = markup_of(signed_in(clerk).get(address))
    assert "加装电梯" in page and "七月的" not in page
    assert "due_to=2018-06-30" in indicators.AGREED_DONE.list_url(place.city, period)


# --- What is not done ---


def days_from_today(number):
    return timezone.localdate() + datetime.timedelta(days=number)


@pytest.fixture
def four(place):
    """Return an agreement that is overdue, one that is not yet due, one that is done, and none."""
    here = place.communities[0]
    return [
        make_consultation(here, topic="逾期的", due_on=days_from_today(-1)),
        make_consultation(here, topic="今天到期的", due_on=days_from_today(0)),
        make_consultation(here, topic="办完的", due_on=days_from_today(-9), done_on=days_from_today(-3)),
        make_consultation(here, topic="没谈成的", outcome=Outcome.NONE),
    ]


def test_the_list_begins_with_what_is_not_done_the_earliest_limit_first(four, clerk, signed_in):
    table = signed_in(clerk).get(reverse("participation:consultations")).context["table"]
    assert [record.topic for record in table.data.data[:2]] == ["逾期的", "今天到期的"]
    assert [record.progress_on(timezone.localdate()) for record in four] == ["逾期", "未办结", "已办结", ""]


def test_a_page_offers_办结_where_something_is_to_be_done(four, clerk, signed_in):  # the word of the button
    def offered(consultation):
        return [action.title for action in signed_in(clerk).get(consultation.get_absolute_url()).context["actions"]]

    overdue, _, done, none = four
    assert offered(overdue) == ["办结", "修改"]
    assert offered(done) == ["修改", "撤销办结"]
    assert offered(none) == ["修改"]
    address = reverse("changelog:end", args=["consultations", overdue.ref])
    browser = signed_in(clerk)
    browser.post(address, opened(browser, address, {"done_on": str(timezone.localdate())}))
    overdue.refresh_from_db()
    assert overdue.done_on == timezone.localdate()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"progress": "pending"}, {"逾期的", "今天到期的"}),
        ({"progress": "overdue"}, {"逾期的"}),
        ({"progress": "done"}, {"办完的"}),
        ({"outcome": "none"}, {"没谈成的"}),
        ({"form_of": "talk"}, set()),
    ],
)
def test_the_list_is_filtered_by_how_far_an_agreement_is(asked, expected, four, clerk, signed_in):
    table = signed_in(clerk).get(reverse("participation:consultations"), asked).context["table"]
    assert {record.topic for record in table.data.data} == expected


def test_the_list_is_filtered_by_organizations(place, clerk, signed_in):
    choir = make_organization(place.communities[0], "演示合唱团")
    make_consultation(place.communities[0], choir, topic="有列出的")
    make_consultation(place.communities[0], topic="有人数的", organization_count=1)
    make_consultation(place.communities[0], topic="没有的")

    def found(**asked):
        table = signed_in(clerk).get(reverse("participation:consultations"), asked).context["table"]
        return {record.topic for record in table.data.data}

    assert found(voice="yes") == {"有列出的", "有人数的"}
    assert found(voice="no") == {"没有的"}
    assert found(organization="合唱") == found(organization=choir.ref) == {"有列出的"}


def test_clerks_of_county_and_street_find_at_home_what_is_overdue(four, clerk, street_clerk, other_clerk, signed_in):
    for user in (clerk, street_clerk):
        page = markup_of(signed_in(user).get("/"))
        assert "逾期的" in page and "今天到期的" not in page and "progress=overdue" in page
    assert "progress=overdue" not in markup_of(signed_in(other_clerk).get("/"))


def test_a_rule_finds_agreements_whose_limit_has_passed(place):
    overdue = make_consultation(place.communities[0], due_on=datetime.date(2018, 6, 29))
    make_consultation(place.communities[0], due_on=datetime.date(2018, 6, 30))
    make_consultation(place.communities[0], due_on=datetime.date(2018, 6, 20), done_on=datetime.date(2018, 6, 25))
    make_consultation(place.communities[0], due_on=None)
    assert refs_found_by("agreement_overdue", place.county) == {overdue.ref}
