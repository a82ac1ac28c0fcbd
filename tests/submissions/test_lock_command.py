"""`manage.py lock` and `manage.py reopen`: JSON alone on standard output, refusals in one sentence."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from changelog.models import ChangeRecord
from periods.models import ReportingPeriod
from targets.actions import compute_period
from tests.factories import make_facility, make_period

pytestmark = pytest.mark.django_db


def run(command, *arguments):
    output = io.StringIO()
    call_command(command, *arguments, stdout=output)
    return output.getvalue()


def lock(user, *arguments, period="2018-06"):
    return run("lock", "--period", period, "--as", getattr(user, "username", user), *arguments)


def test_json_alone_stands_on_standard_output(place, period, administrator):
    make_facility(place.communities[0], area=500)
    answer = json.loads(lock(administrator, "--json"))
    period.refresh_from_db()
    assert answer == {
        "period": "2018-06",
        "state": "locked",
        "locked_at": period.locked_at.isoformat(),
        "locked_by": administrator.username,
        "recomputed": True,
        "communities": 7,
        "not_accepted": [
            {"code": "140402", "name": "城区", "state": "not_started"},
            {"code": "140423", "name": "襄垣县", "state": "not_started"},
        ],
    }


def test_the_text_names_who_is_missing(place, period, administrator):
    compute_period(period)
    printed = lock(administrator)
    assert "Locked 2018-06: 7 communities, up to date already." in printed
    assert "Not accepted: 140423 襄垣县 (not_started)" in printed


def test_locking_twice_is_refused(place, period, administrator):
    lock(administrator)
    with pytest.raises(CommandError, match="locked already") as refusal:
        lock(administrator)
    assert refusal.value.returncode == 3


def test_an_officer_may_not_lock(place, period, officer):
    with pytest.raises(CommandError, match="bureau_admin may") as refusal:
        lock(officer)
    assert refusal.value.returncode == 3
    period.refresh_from_db()
    assert not period.is_locked


@pytest.mark.parametrize(("period_code", "sentence"), [("2018-13", "YYYY-MM"), ("2018-07", "not in the calendar")])
def test_an_unknown_month_is_refused_and_not_made(place, period, administrator, period_code, sentence):
    with pytest.raises(CommandError, match=sentence) as refusal:
        lock(administrator, period=period_code)
    assert refusal.value.returncode == 3
    assert ReportingPeriod.objects.count() == 1


def test_an_unknown_or_dismissed_user_is_refused(place, period, administrator):
    with pytest.raises(CommandError, match="no active user 'nobody'"):
        lock("nobody")
    administrator.is_active = False
    administrator.save()
    with pytest.raises(CommandError, match="no active user"):
        lock(administrator)


def test_reopening_takes_a_reason_and_says_so_in_the_log(place, administrator):
    period = make_period("2018-06")
    lock(administrator)
    arguments = ("--period", "2018-06", "--as", administrator.username)
    with pytest.raises(CommandError, match="--reason"):
        run("reopen", *arguments, "--reason", " ")
    answer = json.loads(run("reopen", *arguments, "--reason", "补报设施", "--json"))
    assert answer == {"period": "2018-06", "state": "open", "reason": "补报设施"}
    assert ChangeRecord.objects.of_object(period).first().after["reopened_reason"] == "补报设施"
    with pytest.raises(CommandError, match="not locked") as refusal:
        run("reopen", *arguments, "--reason", "再开")
    assert refusal.value.returncode == 3
