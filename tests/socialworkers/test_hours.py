"""Tests of the registration of certificates and the hours that it asks for (docs/domain.md §4.23)."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from changelog.models import ChangeRecord
from periods.models import years_before
from socialworkers.models import SocialWorker, Training, TrainingRecord
from socialworkers.models.hours import REQUIRED_HOURS, YEARS
from tests.changelog.editing import CASES, edit
from tests.factories import Place, make_community, make_division, make_hours, make_training, make_worker
from tests.quality import found_by, refs_found_by

pytestmark = pytest.mark.django_db
UNTIL = datetime.date(2020, 6, 30)
Kind = Training.Kind


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def hours_of(worker: SocialWorker, on: datetime.date = UNTIL) -> tuple[Decimal, Decimal, Decimal]:
    """Return counted, required and missing."""
    [found] = SocialWorker.objects.filter(pk=worker.pk).with_hours(on)
    return tuple(Decimal(str(getattr(found, name))) for name in ("counted", "required", "missing"))  # type: ignore[return-value]


def attend(worker: SocialWorker, place: Place, ends_on: str, hours: int, kind: str = Kind.CONTINUING) -> TrainingRecord:
    return make_hours(worker, make_training(place.city, ends_on=day(ends_on), hours=Decimal(hours), kind=kind))


# --- The example of the paper ---


def test_hours_outside_the_three_years_and_of_other_kinds_do_not_count(place: Place) -> None:
    worker = make_worker(place.communities[0], registered_until=UNTIL)
    attend(worker, place, "2017-06-30", 24)  # the day before the three years
    attend(worker, place, "2017-07-01", 40)
    attend(worker, place, "2020-06-30", 16, Kind.SUPERVISION)
    attend(worker, place, "2018-05-09", 8, Kind.GENERAL)
    attend(worker, place, "2018-05-09", 30, Kind.EXAM)
    attend(worker, place, "2020-07-01", 12)
    assert hours_of(worker) == (56, 72, 16)
    assert hours_of(worker, day("2018-01-01")) == (40, 72, 32), "what is still to come does not count yet"


@pytest.mark.parametrize(("level", "required"), [("assistant", 72), ("social_worker", 90), ("senior", 90)])
def test_each_level_has_its_hours_and_a_degree_counts_ninety_once(place: Place, level: str, required: int) -> None:
    worker = make_worker(place.communities[0], registered_until=UNTIL, level=level)
    for ends_on in ("2018-07-01", "2019-07-01"):
        attend(worker, place, ends_on, 300, Kind.DEGREE)
    assert hours_of(worker) == (90, required, 0)
    attend(worker, place, "2019-09-01", 5)
    assert hours_of(worker)[0] == 95


def test_the_levels_that_ask_for_hours_are_those_of_certificates() -> None:
    assert set(REQUIRED_HOURS) == set(SocialWorker.Level.values) - {"none"}


def test_a_registration_until_the_29th_of_february_began_on_the_28th(place: Place) -> None:
    assert years_before(day("2020-02-29"), YEARS) == day("2017-02-28")
    worker = make_worker(place.communities[0], registered_until=day("2020-02-29"))
    attend(worker, place, "2017-02-28", 5)
    attend(worker, place, "2017-03-01", 7)
    assert hours_of(worker)[0] == 7


@pytest.mark.parametrize(
    ("on", "hours", "is_on_course"),
    [
        ("2017-06-30", 0, True),  # the three years begin
        ("2017-07-01", 0, False),
        ("2018-06-30", 23, False),  # a third of them, 365 of 1,096 days, asks for 23.98
        ("2018-06-30", 24, True),
        ("2020-06-30", 71, False),
        ("2020-06-30", 72, True),
        ("2021-06-30", 72, True),  # after them no more than all
    ],
)
def test_on_course_has_the_share_of_the_days_gone(place: Place, on: str, hours: int, is_on_course: bool) -> None:
    worker = make_worker(place.communities[0], registered_until=UNTIL)
    if hours:
        attend(worker, place, "2017-07-02", hours)
    assert SocialWorker.objects.on_course(day(on)).exists() is is_on_course
    assert SocialWorker.objects.on_course(day(on), holds=False).exists() is not is_on_course


def test_who_has_no_registration_or_no_certificate_is_neither_on_course_nor_behind(place: Place) -> None:
    make_worker(place.communities[0])
    make_worker(place.communities[0], level="none")
    for holds in (True, False):
        assert not SocialWorker.objects.on_course(UNTIL, holds=holds).exists()


# --- Against plain Python ---

_DAYS = st.dates(datetime.date(2016, 1, 1), datetime.date(2022, 12, 31))
_ATTENDED = st.lists(
    st.tuples(_DAYS, st.sampled_from(Kind.values), st.integers(1, 600).map(lambda tenths: Decimal(tenths) / 10)),
    max_size=6,
)


def oracle(level: str, until: datetime.date, attended: list[Any], on: datetime.date) -> tuple[Decimal, bool]:
    """Return counted hours and whether they are on course, one after the other."""
    since = years_before(until, YEARS)
    counted, has_degree = Decimal(0), False
    for ends_on, kind, hours in attended:
        if since < ends_on <= until and ends_on <= on:
            has_degree |= kind == "degree"
            counted += hours if kind in ("continuing", "supervision") else 0
    counted += 90 if has_degree else 0
    gone = min(max((on - since).days, 0), (until - since).days)
    asked = {"assistant": 72, "social_worker": 90, "senior": 90}[level]
    return counted, Fraction(counted) >= asked * Fraction(gone, (until - since).days)


@settings(max_examples=25)
@given(level=st.sampled_from(("assistant", "social_worker", "senior")), until=_DAYS, attended=_ATTENDED, on=_DAYS)
def test_the_database_counts_as_plain_python(level: str, until: datetime.date, attended: list[Any], on: Any) -> None:
    with transaction.atomic():
        city = make_division("140400", "长治市")
        where = make_community(make_division("140402001", "东街街道办事处", make_division("140402", "城区", city)))
        worker = make_worker(where, level=level, registered_until=until)
        for ends_on, kind, hours in attended:
            make_hours(worker, make_training(city, ends_on=ends_on, kind=kind, hours=hours))
        counted, is_on_course = oracle(level, until, attended, on)
        assert hours_of(worker, on)[0] == counted
        assert SocialWorker.objects.on_course(on).exists() is is_on_course
        transaction.set_rollback(True)


# --- What the register refuses ---


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"certified_on": day("2007-12-31")}, "worker_certified_since_first_exam"),
        ({"level": "senior", "certified_on": day("2017-12-31")}, "worker_senior_since_2018"),
        ({"certified_on": day("2018-03-01"), "registered_until": day("2018-02-28")}, "worker_registered_after"),
        ({"level": "none", "certified_on": day("2018-03-01")}, "worker_certificate_has_level"),
        ({"level": "none", "registered_until": UNTIL}, "worker_registration_has_level"),
    ],
)
def test_a_certificate_that_cannot_be_is_refused_by_the_database(
    place: Place, fields: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make_worker(place.communities[0], **fields)


# --- A certificate lapses and is renewed ---


def test_a_certificate_lapses_is_found_and_is_renewed_with_its_history(place: Place, clerk, signed_in) -> None:
    worker = make_worker(place.communities[0], certificate_number="ZS2014001", registered_until=day("2018-06-10"))
    browser, address = signed_in(clerk), reverse("socialworkers:detail", args=[worker.ref])
    attend(worker, place, "2018-05-09", 24)
    [early] = found_by("registration_lapses_without_hours", place.county, "2018-05")
    assert "3年内已计24学时，应有72学时" in early.message and "2018-06-10" in early.message
    assert found_by("registration_lapsed", place.county, "2018-05") == []
    [lapsed] = found_by("registration_lapsed", place.county, "2018-06")
    assert (lapsed.ref, lapsed.is_hard) == (worker.ref, False)
    assert "已过期" in browser.get(address).content.decode()

    workers = next(case for case in CASES if case.register == "workers")
    renewed = edit(workers, clerk, worker, {"registered_until": "2021-06-10"})
    assert not renewed.has_error, renewed.problems
    worker.refresh_from_db()
    assert worker.hours_since == day("2018-06-10")
    assert refs_found_by("registration_lapsed", place.county) == set()
    assert hours_of(worker, day("2018-06-30")) == (0, 72, 72), "the new three years ask for hours of their own"
    [change] = ChangeRecord.objects.filter(change_set=renewed.change_set)
    assert (change.before["registered_until"], change.after["registered_until"]) == ("2018-06-10", "2021-06-10")
    assert "2018-06-10" in browser.get(address).content.decode(), "the history tells the registration before"


def test_who_has_the_hours_or_lapses_later_is_not_found(place: Place) -> None:
    enough = make_worker(place.communities[0], registered_until=day("2018-09-28"))
    attend(enough, place, "2018-05-09", 72)
    make_worker(place.communities[1], registered_until=day("2018-09-29"))  # 91 days after the month
    make_worker(place.communities[2], registered_until=day("2018-09-28"), posting={"ended_on": day("2018-06-01")})
    missing = make_worker(place.communities[1], registered_until=day("2018-09-28"))
    assert refs_found_by("registration_lapses_without_hours", place.county) == {missing.ref}
