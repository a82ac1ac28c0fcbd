"""`manage.py compute`: figures on standard output, refusals in one sentence."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from periods.models import ReportingPeriod
from targets.models import Computation
from tests.factories import make_facility, make_worker

pytestmark = pytest.mark.django_db


def compute(period, **options):
    output = io.StringIO()
    call_command("compute", period=period, stdout=output, **options)
    return output.getvalue()


def test_json_alone_stands_on_standard_output(place):
    make_facility(place.communities[0], area=500)
    answer = json.loads(compute("2018-06", json=True))
    assert answer["period"] == "2018-06"
    assert answer["as_of"] == "2018-06-30"
    assert answer["targets"]["urban_facility_area"]["140400"]["met"] == 1
    assert set(answer["targets"]["district_agencies"]) == {"140400", "140402", "140423"}


def test_the_table_names_every_target_and_says_what_is_unknown(place):
    make_worker(place.street)
    printed = compute("2018-06")
    assert "as of 2018-06-30" in printed
    for code in ("urban_facility_area", "rural_org_count", "district_agencies"):
        assert code in printed
    workforce = [line.split() for line in printed.splitlines() if line.startswith("workforce_total")]
    assert [words[1:4] for words in workforce] == [
        ["140400", "1", "workers"],
        ["140402", "1", "workers"],
        ["140423", "unknown", "workers"],
    ]


@pytest.mark.parametrize("period", ["2018-13", "201806", "六月", "", "2018-6"])
def test_an_ill_formed_period_is_refused_with_the_cure(place, period):
    with pytest.raises(CommandError, match="YYYY-MM") as refusal:
        compute(period)
    assert refusal.value.returncode == 3
    assert not ReportingPeriod.objects.exists()


@pytest.mark.parametrize("period", ["2017-10", "2099-01"])
def test_a_period_nobody_can_measure_is_refused_and_does_not_enter_the_calendar(place, period):
    with pytest.raises(CommandError, match=r"Choose .* month") as refusal:
        compute(period, json=True)
    assert refusal.value.returncode == 3
    assert not ReportingPeriod.objects.exists()
    assert not Computation.objects.exists()


def test_of_a_locked_month_the_frozen_figures_are_printed_and_nothing_is_computed(place, officer):
    facility = make_facility(place.communities[0], area="300")
    before = compute("2018-06", json=True)
    period = ReportingPeriod.objects.get()
    period.state, period.locked_at, period.locked_by = ReportingPeriod.State.LOCKED, timezone.now(), officer
    period.save()
    computed_at = Computation.objects.get().finished_at
    type(facility).objects.filter(pk=facility.pk).update(area="600")
    for divisions in ("then", "now"):
        frozen = compute("2018-06", json=True, divisions=divisions)
        assert json.loads(frozen)["targets"] == json.loads(before)["targets"]
        assert json.loads(frozen)["locked"] is True and json.loads(before)["locked"] is False
    assert Computation.objects.get().finished_at == computed_at
