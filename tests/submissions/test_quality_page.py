"""数据质量: the page of findings, and the command that prints them."""

from __future__ import annotations

import datetime
import json

import pytest
from django.core.management import CommandError, call_command

from periods.models import ReportingPeriod
from tests.factories import make_facility, make_period, make_profile, make_worker
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PAGE = "/quality/"


@pytest.fixture
def flaws(place, period) -> None:
    """Create the small city with population, one too large activity area and one too large facility."""
    for community in (*place.communities, *place.other_communities, *place.villages):
        make_profile(community)
        make_facility(community)
    make_facility(place.communities[0], "和平活动室", area=100, activity_area=250)
    make_facility(place.villages[0], "垴头大院", area=25_000)


def listed(answer) -> list[str]:
    return [finding.label for finding in answer.context["page"]]


def test_the_bureau_sees_all_and_can_narrow_it(flaws, place, officer, signed_in):
    browser = signed_in(officer)
    answer = browser.get(PAGE)
    assert listed(answer) == ["和平活动室", "垴头大院"]
    assert (answer.context["hard"], answer.context["soft"]) == (1, 1)
    assert listed(browser.get(PAGE, {"division": "140423"})) == ["垴头大院"]
    assert listed(browser.get(PAGE, {"severity": "hard"})) == ["和平活动室"]
    assert listed(browser.get(PAGE, {"rule": "facility_too_large"})) == ["垴头大院"]
    assert listed(browser.get(PAGE, {"rule": "facility_too_large", "division": "140402"})) == []
    assert [choice.name for choice in answer.context["choices"]] == ["城区", "襄垣县"]


def test_a_finding_leads_to_its_record_and_says_whether_it_blocks(flaws, place, clerk, signed_in):
    browser = signed_in(clerk)
    text = " ".join(browser.get(PAGE).content.decode().split())
    facility = place.communities[0].facilities.get(name="和平活动室")
    address = f"/facilities/{facility.ref}/"
    assert f'<a href="{address}">和平活动室</a>' in text
    assert "城区东街街道办事处和平社区居委会" in text
    assert '<span class="mark bad">必须改正</span>' in text
    assert "必须改正 1 条</b>，改正前不能上报" in text
    assert browser.get(address).status_code == 200


def test_an_office_sees_its_own_flaws_only_and_no_other_office_exists(flaws, place, clerk, street_clerk, signed_in):
    answer = signed_in(clerk).get(PAGE)
    assert listed(answer) == ["和平活动室"]
    assert [choice.name for choice in answer.context["choices"]] == ["东街街道办事处", "西街街道办事处"]
    assert signed_in(clerk).get(PAGE, {"division": "140423"}).status_code == 404
    assert signed_in(clerk).get(PAGE, {"division": "140423100"}).status_code == 404
    assert listed(signed_in(street_clerk).get(PAGE)) == ["和平活动室"]
    assert listed(signed_in(clerk).get(PAGE, {"division": "140402002"})) == []


def test_a_leader_whom_no_name_may_reach_is_refused(flaws, leader, signed_in):
    assert signed_in(leader).get(PAGE).status_code == 403


def test_without_flaws_the_page_says_what_was_looked_at(place, street_clerk, signed_in, period):
    for community in place.communities:
        make_profile(community)
    text = signed_in(street_clerk).get(PAGE).content.decode()
    assert "没有发现问题" in text
    assert "项检查都已通过" in text


def test_another_month_is_looked_at_as_it_was_then(flaws, place, clerk, signed_in):
    closed = place.communities[0].facilities.get(name="和平活动室")
    closed.closed_on = datetime.date(2018, 7, 10)
    closed.save()
    browser = signed_in(clerk)
    assert listed(browser.get(PAGE, {"period": "2018-06"})) == ["和平活动室"]
    assert listed(browser.get(PAGE, {"period": "2018-07"})) == []
    assert browser.get(PAGE, {"period": "2018-13"}).status_code == 422
    unknown = browser.get(PAGE, {"rule": "nothing"})
    assert (unknown.status_code, "没有“nothing”这项检查" in unknown.content.decode()) == (404, True)


def test_a_page_costs_as_many_queries_for_many_findings_as_for_few(flaws, place, officer, signed_in):
    browser = signed_in(officer)
    few = queries_of(lambda: browser.get(PAGE))
    for number in range(60):
        make_facility(place.communities[1], area=50 + number, activity_area=200 + number)
    many = queries_of(lambda: browser.get(PAGE))
    assert len(many) <= len(few)


# --- manage.py check_data ---


def run(capsys, *arguments: str) -> tuple[str, int]:
    """Run the command; return its output and exit status."""
    status = 0
    try:
        call_command("check_data", *arguments)
    except CommandError as error:
        status = error.returncode
    return capsys.readouterr().out, status


def test_the_command_prints_json_alone_and_its_status_says_whether_a_report_is_blocked(flaws, place, capsys):
    printed, status = run(capsys, "--period", "2018-06", "--json")
    answer = json.loads(printed)
    assert status == 1
    assert (answer["period"], answer["as_of"], answer["division"]) == ("2018-06", "2018-06-30", "140400")
    assert (answer["hard"], answer["soft"]) == (1, 1)
    assert {rule["code"]: rule["found"] for rule in answer["rules"] if rule["found"]} == {
        "activity_area_exceeds_area": 1,
        "facility_too_large": 1,
    }
    assert [finding["label"] for finding in answer["findings"]] == ["和平活动室", "垴头大院"]
    printed, status = run(capsys, "--division", "140423000000", "--json")
    assert (json.loads(printed)["hard"], status) == (0, 0)


def test_the_command_lists_what_it_found(flaws, capsys):
    printed, status = run(capsys, "--period", "2018-06", "--division", "140402")
    assert status == 1
    assert "140402 城区, 2018-06: 1 hard, 0 soft findings" in printed
    assert "hard activity_area_exceeds_area" in printed
    assert "和平活动室: 居民活动面积250㎡大于建筑面积100㎡" in printed


def test_the_command_says_why_it_cannot_run_and_leaves_the_calendar_alone(flaws, capsys):
    assert run(capsys, "--period", "June")[1] == 3
    assert run(capsys, "--division", "999999")[1] == 3
    assert run(capsys, "--period", "2019-03")[1] == 1
    assert not ReportingPeriod.objects.filter(month=datetime.date(2019, 3, 1)).exists()


def test_the_month_in_hand_is_looked_at_unless_another_is_named(flaws, capsys):
    make_period("2018-05")
    printed, _ = run(capsys, "--json")
    assert json.loads(printed)["period"] == "2018-06"


def test_no_number_of_a_person_is_printed(flaws, place, capsys):
    worker = make_worker(place.county)
    printed, _ = run(capsys)
    assert f"{worker.ref} 城区 {worker.name}" in printed
    assert worker.id_number.reveal() not in printed
