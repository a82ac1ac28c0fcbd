"""Steps of a county's report: rights, deadlines, and what is stored."""

import datetime

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError, LockedError, NotAllowedError, StaleError
from notices.models import Notice
from periods.models import ReportingPeriod
from submissions.actions import (
    accept_submission,
    change_dates,
    lock_period,
    recompute_lateness,
    return_submission,
    submit_month,
)
from submissions.checks import findings_for
from submissions.models import Submission, SubmissionStep
from submissions.report_status import Phase, phase_of
from targets.actions import compute_period
from targets.models import Computation
from tests.factories import make_change_set, make_division, make_facility, make_period, make_place, make_user
from tests.submissions.reporting import doubtful_facility, explained, make_due, moment_of, overdue, settle
from tests.threads import run_in_threads

State = Submission.State


# --- Steps ---


@pytest.mark.django_db
def test_a_report_is_submitted_returned_submitted_again_and_accepted(place, due, clerk, officer):
    submission = submit_month(period=due, county=place.county, by=clerk)
    assert (submission.state, submission.submitted_by, submission.is_late) == (State.SUBMITTED, clerk, False)
    return_submission(submission=submission, note="  东街的社工少了两名  ", by=officer)
    submission.refresh_from_db()
    assert (submission.state, submission.return_note) == (State.RETURNED, "东街的社工少了两名")
    assert submission.reviewed_by == officer and submission.reviewed_at is not None
    submit_month(period=due, county=place.county, by=clerk)
    accept_submission(submission=submission, by=officer)
    submission.refresh_from_db()
    assert (submission.state, submission.return_note) == (State.ACCEPTED, "")
    steps = [(step.kind, step.made_by, step.note) for step in submission.steps.all()]
    assert steps == [
        ("submitted", clerk, ""),
        ("returned", officer, "东街的社工少了两名"),
        ("submitted", clerk, ""),
        ("accepted", officer, ""),
    ]
    assert Submission.objects.with_steps().get().times_returned == 1


@pytest.mark.django_db
def test_every_step_stands_in_the_change_log_of_the_county(place, due, clerk, officer):
    submission = submit_month(period=due, county=place.county, by=clerk)
    return_submission(submission=submission, note="请核对", by=officer)
    records = list(ChangeRecord.objects.of_object(submission).select_related("change_set"))
    assert [record.change_set.summary for record in records] == ["退回2018年6月", "上报2018年6月"]
    assert [record.change_set.made_by for record in records] == [officer, clerk]
    assert records[1].before == {"state": "not_started"} and records[1].after == {"state": "submitted"}
    assert records[0].after == {"state": "returned", "return_note": "请核对"}
    assert {record.division for record in records} == {place.county}
    assert records[0].object_ref == submission.ref == "201806-140402"


@pytest.mark.django_db
def test_figures_do_not_go_stale_because_a_report_moves_on(place, due, clerk, officer):
    compute_period(due)
    submission = submit_month(period=due, county=place.county, by=clerk)
    accept_submission(submission=submission, by=officer)
    assert not Computation.objects.of_period(due).is_stale
    make_change_set(clerk)
    assert Computation.objects.of_period(due).is_stale


@pytest.mark.django_db
def test_an_accepted_report_may_be_returned_while_the_month_is_open(place, due, clerk, officer):
    submission = submit_month(period=due, county=place.county, by=clerk)
    accept_submission(submission=submission, by=officer)
    return_submission(submission=submission, note="接收后发现漏报", by=officer)
    submission.refresh_from_db()
    assert submission.state == State.RETURNED


@pytest.mark.django_db
def test_a_report_that_stands_is_not_made_again_and_says_by_whom_it_was(place, due, clerk):
    submit_month(period=due, county=place.county, by=clerk)
    with pytest.raises(StaleError, match=f"已由{clerk}于"):
        submit_month(period=due, county=place.county, by=clerk)
    assert SubmissionStep.objects.count() == 1


@pytest.mark.django_db
def test_a_decision_on_a_page_that_is_out_of_date_is_refused(place, due, clerk, officer):
    submission = submit_month(period=due, county=place.county, by=clerk, steps_seen=0)
    return_submission(submission=submission, note="请核对", by=officer, steps_seen=1)
    submit_month(period=due, county=place.county, by=clerk, steps_seen=2)
    with pytest.raises(StaleError, match="新的变化"):
        accept_submission(submission=submission, by=officer, steps_seen=1)
    submission.refresh_from_db()
    assert submission.state == State.SUBMITTED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("note", "says"), [("", "请写明退回意见"), ("   ", "请写明退回意见"), ("长" * 501, "超过500个字")]
)
def test_a_return_says_what_to_correct(note, says, place, due, clerk, officer):
    submission = submit_month(period=due, county=place.county, by=clerk)
    with pytest.raises(InvalidError, match=says):
        return_submission(submission=submission, note=note, by=officer)


@pytest.mark.django_db
def test_what_is_not_submitted_is_neither_accepted_nor_returned(place, due, clerk, officer):
    submission = submit_month(period=due, county=place.county, by=clerk)
    accept_submission(submission=submission, by=officer)
    with pytest.raises(StaleError, match="已接收"):
        accept_submission(submission=submission, by=officer)
    return_submission(submission=submission, note="请核对", by=officer)
    with pytest.raises(StaleError, match="已退回"):
        return_submission(submission=submission, note="再退一次", by=officer)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "values"),
    [("returned", {"return_note": ""}), ("submitted", {"submitted_at": None, "submitted_by": None})],
)
def test_the_database_refuses_half_a_step(state, values, place, due, clerk):
    with pytest.raises(IntegrityError), transaction.atomic():
        fields = {"submitted_at": timezone.now(), "submitted_by": clerk, **values}
        Submission.objects.create(period=due, county=place.county, state=state, **fields)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_report_at_once_report_once():
    place = make_place()
    settle(place)
    due = make_due()
    people = [make_user("district_clerk", place.county) for _ in range(3)]
    refused = []

    def report(user):
        try:
            submit_month(period=due, county=place.county, by=user)
        except StaleError as error:
            refused.append(str(error))

    run_in_threads(*(lambda user=user: report(user) for user in people))
    connections.close_all()
    assert SubmissionStep.objects.count() == 1
    assert len(refused) == 2 and all("不用再报" in sentence for sentence in refused)


# --- Rights ---


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["street_clerk", "leader", "auditor"])
def test_only_the_countys_clerk_and_the_bureau_report(who, request, place, due):
    with pytest.raises(NotAllowedError, match="角色"):
        submit_month(period=due, county=place.county, by=request.getfixturevalue(who))


@pytest.mark.django_db
def test_a_clerk_reports_the_own_county_alone(place, due, other_clerk):
    with pytest.raises(NotAllowedError, match="不能为城区"):
        submit_month(period=due, county=place.county, by=other_clerk)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["clerk", "street_clerk", "leader", "auditor"])
def test_only_the_bureau_decides(who, request, place, due, clerk):
    submission = submit_month(period=due, county=place.county, by=clerk)
    user = request.getfixturevalue(who)
    with pytest.raises(NotAllowedError):
        accept_submission(submission=submission, by=user)
    with pytest.raises(NotAllowedError):
        return_submission(submission=submission, note="请核对", by=user)


@pytest.mark.django_db
def test_a_town_and_a_county_that_did_not_stand_report_nothing(place, due, officer):
    later = make_division("140499", "新区", place.city, valid_from=datetime.date(2018, 7, 1))
    for division in (place.street, place.city, later):
        with pytest.raises(NotAllowedError, match="不能为"):
            submit_month(period=due, county=division, by=officer)


# --- Deadlines ---


@pytest.mark.django_db
def test_the_day_it_is_due_and_the_last_late_day_count_in_full(place, due):
    days = {due.due_on: Phase.IN_TIME, due.late_until: Phase.LATE}
    days |= {due.due_on + datetime.timedelta(1): Phase.LATE, due.late_until + datetime.timedelta(1): Phase.CLOSED}
    assert {day: phase_of(due, day) for day in days} == days


@pytest.mark.django_db
def test_a_report_after_the_day_it_was_due_is_marked_late(place, due, clerk):
    submission = submit_month(period=overdue(due), county=place.county, by=clerk)
    assert submission.is_late


@pytest.mark.django_db
def test_who_was_in_time_first_stays_in_time_when_the_bureau_returns_it_late(place, due, clerk, officer):
    submission = submit_month(period=due, county=place.county, by=clerk)
    overdue(due)
    return_submission(submission=submission, note="请核对", by=officer)
    assert not submit_month(period=due, county=place.county, by=clerk).is_late


@pytest.mark.django_db
def test_after_the_last_late_day_only_the_bureau_reports_on_behalf(place, due, clerk, officer):
    closed = overdue(due, days=20)
    with pytest.raises(NotAllowedError, match="业务员代为上报"):
        submit_month(period=closed, county=place.county, by=clerk)
    submission = submit_month(period=closed, county=place.county, by=officer)
    assert submission.is_late and submission.is_on_behalf
    assert Notice.objects.get(user=clerk).title == "城区2018年6月已由市局代为上报"


@pytest.mark.django_db
def test_who_is_returned_a_report_after_the_last_late_day_is_told_who_can_report_it_again(place, due, clerk, officer):
    submission = submit_month(period=due, county=place.county, by=clerk)
    overdue(due, days=20)
    return_submission(submission=submission, note="请核对", by=officer)
    title = Notice.objects.get(user=clerk).title
    assert title == "城区2018年6月上报被退回，请改正后联系市局业务员代为上报（迟报截止日已过）"
    with pytest.raises(NotAllowedError, match="业务员代为上报"):
        submit_month(period=due, county=place.county, by=clerk)


@pytest.mark.django_db
def test_a_locked_month_takes_no_step(place, due, clerk, officer, administrator):
    submission = submit_month(period=due, county=place.county, by=clerk)
    lock_period(period=due, by=administrator)
    for step in (
        lambda: submit_month(period=ReportingPeriod.objects.get(), county=place.other_county, by=officer),
        lambda: return_submission(submission=submission, note="请核对", by=officer),
        lambda: accept_submission(submission=submission, by=officer),
    ):
        with pytest.raises(LockedError):
            step()


@pytest.mark.django_db
def test_a_month_that_has_not_begun_is_not_reported(place, clerk):
    upcoming = make_period("2099-01")
    with pytest.raises(StaleError):
        submit_month(period=upcoming, county=place.county, by=clerk)


@pytest.mark.django_db
def test_a_month_that_was_given_a_later_opening_day_waits_for_it(place, due, clerk, administrator):
    tomorrow = timezone.localdate() + datetime.timedelta(1)
    change_dates(period=due, by=administrator, opens_on=tomorrow, due_on=due.due_on, late_until=due.late_until)
    with pytest.raises(StaleError):
        submit_month(period=ReportingPeriod.objects.get(), county=place.county, by=clerk)


@pytest.mark.django_db
def test_another_day_to_be_due_judges_lateness_anew(place, due, clerk, other_clerk, administrator):
    late = overdue(due)
    submit_month(period=late, county=place.county, by=clerk)
    submit_month(period=late, county=place.other_county, by=other_clerk, at=moment_of(late.due_on))
    late.due_on = timezone.localdate()
    late.save()
    recompute_lateness(period=late, change_set=make_change_set(administrator))
    assert set(Submission.objects.values_list("county__name", "is_late")) == {("城区", False), ("襄垣县", False)}
    late.due_on = timezone.localdate() - datetime.timedelta(5)
    late.save()
    recompute_lateness(period=late, change_set=make_change_set(administrator))
    assert set(Submission.objects.values_list("county__name", "is_late")) == {("城区", True), ("襄垣县", True)}
    assert ChangeRecord.objects.filter(after={"is_late": True}, model="submissions.submission").count() == 2


# --- The checks ---


@pytest.mark.django_db
def test_a_figure_that_cannot_be_right_blocks_the_report(place, due, clerk):
    make_facility(place.communities[0], area=100, activity_area=250)
    with pytest.raises(InvalidError, match="1处必须改正"):
        submit_month(period=due, county=place.county, by=clerk, explanations=explained(due, place.county))
    assert not Submission.objects.filter(state=State.SUBMITTED).exists()


@pytest.mark.django_db
def test_what_may_be_right_needs_a_word_each_and_the_reviewer_reads_it_beside_the_figure(place, due, clerk):
    facility = doubtful_facility(place)
    with pytest.raises(InvalidError, match="说明情况"):
        submit_month(period=due, county=place.county, by=clerk)
    wanted = explained(due, place.county)
    key = f"facility_too_large:{facility.ref}"
    with pytest.raises(InvalidError, match="还有1处需要说明情况"):
        submit_month(period=due, county=place.county, by=clerk, explanations=wanted | {key: "   "})
    submission = submit_month(period=due, county=place.county, by=clerk, explanations=wanted | {key: "含地下车库"})
    kept = submission.explanations[key]
    assert kept["text"] == "含地下车库"
    assert kept["label"] == facility.name
    assert "30,000" in kept["message"]
    assert submission.steps.get().explanations == submission.explanations


def test_what_was_found_for_several_counties_together_is_explained_like_what_is_found_for_one(place, due, officer):
    """The demo reports for several counties and reads the findings of the city once."""
    doubtful_facility(place)
    found = list(findings_for(period=due, division=place.city))
    with pytest.raises(InvalidError, match="说明情况"):
        submit_month(period=due, county=place.county, by=officer, findings=found)
    texts = explained(due, place.county)
    submission = submit_month(period=due, county=place.county, by=officer, findings=found, explanations=texts)
    assert set(submission.explanations) == set(texts)
    hard = make_facility(place.communities[1], area=100, activity_area=200)
    found = [each for each in findings_for(period=due, division=place.city) if each.ref == hard.ref]
    with pytest.raises(InvalidError, match="1处必须改正"):
        submit_month(period=due, county=place.other_county, by=officer, findings=found)


@pytest.mark.django_db
def test_another_countys_figures_do_not_block_this_one(place, due, clerk):
    make_facility(place.villages[0], area=100, activity_area=250)
    assert submit_month(period=due, county=place.county, by=clerk).state == State.SUBMITTED
