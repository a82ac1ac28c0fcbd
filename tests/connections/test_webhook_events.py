"""Tests of what systems are told: read from the trail, each event once, to those whose area it lies in."""

from __future__ import annotations

import datetime
import json

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.actions import apply_division_changes, undo_division_changes
from accounts.models import Role, User
from changelog.actions import edit_record
from changelog.models import ChangeSet, TrailSeal
from changelog.trail import TrailKind, record_event, seal_waiting
from changzhi_portal.registers.registry import register_named
from communities.models import DivisionChange
from connections.actions import feed, pause_webhook, read_feed, resume_webhook, revoke_client
from connections.jobs import feed_that_is_due
from connections.models import Delivery, EventFeed, Webhook
from periods.models import ReportingPeriod
from submissions.actions import (
    accept_submission,
    change_dates,
    lock_period,
    reopen_period,
    return_submission,
    submit_month,
)
from tests.addresses import make_briefing
from tests.connections.clients import make_client
from tests.connections.receivers import make_webhook
from tests.factories import make_facility
from tests.orgs.test_sheets import row as organization_row
from tests.queries import exactly
from tests.threads import run_in_threads
from uploads.actions import request_undo, undo_batch
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db


def read() -> None:
    """Seal what waits, and read it as the worker does."""
    seal_waiting()
    while read_feed() is not None:
        pass


def told(webhook: Webhook, *kinds: str) -> list[tuple[str, dict]]:
    """Return kind and data of what a webhook is told, in order, without the address of the API."""
    found = webhook.deliveries.order_by("pk")
    assert all(each.payload["type"] == each.kind for each in found)
    return [(each.kind, {k: v for k, v in each.payload["data"].items() if k != "api"}) for each in found]


def addresses(webhook: Webhook) -> list[str]:
    return [each.payload["data"]["api"] for each in webhook.deliveries.order_by("pk")]


@pytest.fixture
def webhook(place) -> Webhook:
    """Return a webhook of a system of 城区."""
    return make_webhook(place.county)[0]


@pytest.fixture
def city_webhook(place) -> Webhook:
    """Return a webhook of a system of the whole city."""
    return make_webhook(place.city)[0]


@pytest.fixture
def other_webhook(place) -> Webhook:
    """Return a webhook of a system of 襄垣县."""
    return make_webhook(place.other_county)[0]


def test_the_steps_of_a_report_are_told_to_those_of_its_county(
    place, due, clerk, officer, webhook, city_webhook, other_webhook
):
    submission = submit_month(period=due, county=place.county, by=clerk)
    return_submission(submission=submission, note="东街的张演示没有登记", by=officer)
    submit_month(period=due, county=place.county, by=clerk)
    accept_submission(submission=submission, by=officer)
    read()
    steps = ["submission.submitted", "submission.returned", "submission.submitted", "submission.accepted"]
    assert told(webhook) == [(kind, {"period": "2018-06", "division": "140402"}) for kind in steps]
    assert told(city_webhook) == told(webhook)
    assert told(other_webhook) == []
    assert "张演示" not in json.dumps([each.payload for each in Delivery.objects.all()], ensure_ascii=False)
    assert set(addresses(webhook)) == {"/api/v1/submissions/?period=2018-06&county=140402"}


def test_an_upload_is_told_with_its_numbers_and_so_is_its_undoing(send, clerk, webhook, other_webhook):
    answer = send(
        "organizations", clerk, [organization_row(), organization_row(名称="演示棋社")], commit="all", period="2018-06"
    )
    send("organizations", clerk, [organization_row(备注="新")], commit="all", period="2018-06")
    batch = UploadBatch.objects.order_by("pk")[0]
    request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    undo_batch(batch)
    read()
    place = {"ref": batch.ref, "register": "organizations", "period": "2018-06", "division": "140402"}
    first, second, undone = told(webhook)
    assert first == ("upload.committed", {**place, "created": 2, "updated": 0, "removed": 0}), answer
    assert second[1]["updated"] == 1 and second[1]["ref"] != batch.ref
    # The one that was changed since is kept.
    assert undone == ("upload.undone", {**place, "created": 0, "updated": 0, "removed": 1})
    assert addresses(webhook)[0] == f"/api/v1/uploads/{batch.ref}/"
    assert told(other_webhook) == []


def test_a_month_is_told_to_everybody_when_it_is_locked_and_reopened_and_not_when_its_dates_change(
    facts, period, administrator, webhook, other_webhook
):
    lock_period(period=period, by=administrator)
    reopen_period(period=period, by=administrator, reason="补录漏报的数据")
    period.refresh_from_db()
    day = period.due_on + datetime.timedelta(days=1)
    change_dates(period=period, by=administrator, opens_on=period.opens_on, due_on=day, late_until=period.late_until)
    read()
    assert told(webhook) == [("period.locked", {"period": "2018-06"}), ("period.reopened", {"period": "2018-06"})]
    assert told(other_webhook) == told(webhook)
    assert ReportingPeriod.objects.get().due_on == day


def test_changes_of_divisions_are_told_by_their_codes_also_when_they_are_undone(place, administrator, other_webhook):
    DivisionChange.objects.create(
        kind="rename", level="town", effective_on=datetime.date(2018, 6, 1), source="演示依据",
        from_code="140402001", from_name="东街街道办事处", to_code="140402001", to_name="城东街道办事处",
    )  # fmt: skip
    apply_division_changes(by=administrator)
    read()
    change = {"kind": "rename", "level": "town", "from_code": "140402001", "to_code": "140402001"}
    data = {"effective_on": "2018-06-01", "count": 1, "changes": [change]}
    assert told(other_webhook) == [("division.changed", {**data, "undone": False})]
    assert addresses(other_webhook) == ["/api/v1/division-changes/?effective_from=2018-06-01&effective_to=2018-06-01"]


def test_a_briefing_is_told_to_those_who_may_see_it(place, administrator, webhook, city_webhook, other_webhook):
    briefing = make_briefing(place.county)
    record_event(TrailKind.ISSUED, by=administrator, division=place.county, about=briefing)
    read()
    data = {"ref": briefing.ref, "period": "2018-06", "division": "140402", "edition": 1}
    assert told(webhook) == told(city_webhook) == [("briefing.issued", data)]
    assert told(other_webhook) == []


def test_what_is_no_event_is_not_told_and_is_read_once(place, clerk, administrator, webhook):
    facility = make_facility(place.communities[0])
    edit_record(register=register_named("facilities")(), values={"note": "新"}, by=clerk, ref=facility.ref, version=1)
    make_client(place.county)
    record_event(TrailKind.EXPORTED, by=clerk, label="服务设施", rows=3)
    read()
    assert told(webhook) == []
    assert EventFeed.objects.get().seal == TrailSeal.objects.order_by("-seq")[0].seq
    with exactly(2):  # the feed, and the newest seal
        assert read_feed() is None


def test_only_the_kinds_that_were_asked_for_are_told(place, due, clerk, officer):
    some, _ = make_webhook(place.county, "https://93.184.215.14/hooks", "submission.accepted", "period.locked")
    accept_submission(submission=submit_month(period=due, county=place.county, by=clerk), by=officer)
    read()
    assert [kind for kind, _ in told(some)] == ["submission.accepted"]


def test_what_is_rolled_back_is_not_told(place, due, clerk, webhook):
    with transaction.atomic():
        submit_month(period=due, county=place.county, by=clerk)
        transaction.set_rollback(True)
    read()
    assert told(webhook) == []


def test_who_may_not_connect_any_more_is_told_nothing(place, due, clerk, administrator):
    closed, revoked, inactive, paused, stands = (make_webhook(place.county)[0] for _ in range(5))
    town = make_webhook(place.street)[0]  # the report of its county lies above it
    User.objects.filter(pk=inactive.client.user.pk).update(is_active=False)
    revoke_client(by=administrator, ref=revoked.client.ref, version=1, reason="演示结束")
    pause_webhook(by=administrator, client_ref=paused.client.ref, ref=paused.ref)
    User.objects.filter(pk=closed.client.user.pk).update(division=place.other_street)
    type(place.other_street).objects.filter(pk=place.other_street.pk).update(valid_to=datetime.date(2018, 1, 1))
    submit_month(period=due, county=place.county, by=clerk)
    read()
    assert list(Delivery.objects.values_list("webhook", flat=True)) == [stands.pk]
    assert told(town) == []


def test_a_right_that_the_role_has_not_is_not_told(place, due, clerk, webhook, monkeypatch):
    """Fails closed: the rights of the role `client` decide, whatever was ticked."""
    monkeypatch.setattr(Role, "may_see_submissions", False)
    with transaction.atomic():
        submit_month(period=due, county=place.county, by=clerk)
    read()
    assert told(webhook) == []


def test_what_happened_before_a_webhook_or_during_a_pause_is_not_told(place, due, clerk, officer, administrator):
    submission = submit_month(period=due, county=place.county, by=clerk)  # sealed later than the webhook is made
    hook, _ = make_webhook(place.county)
    which = {"by": administrator, "client_ref": hook.client.ref, "ref": hook.ref}
    pause_webhook(**which)
    return_submission(submission=submission, note="请核对", by=officer)
    assert feed_that_is_due() == [], "nobody listens"
    resume_webhook(**which)
    seal_waiting()
    submit_month(period=due, county=place.county, by=clerk)
    read()
    assert [kind for kind, _ in told(hook)] == ["submission.submitted"]


def test_many_records_are_read_in_steps_and_none_twice(place, due, clerk, officer, webhook, monkeypatch):
    monkeypatch.setattr("connections.events.reading._AT_ONCE", 2)
    submission = submit_month(period=due, county=place.county, by=clerk)
    for _ in range(2):
        return_submission(submission=submission, note="请核对", by=officer)
        submit_month(period=due, county=place.county, by=clerk)
    read()
    kinds = [kind for kind, _ in told(webhook)]
    assert kinds == ["submission.submitted", *["submission.returned", "submission.submitted"] * 2]
    seals = list(webhook.deliveries.order_by("pk").values_list("seal", flat=True))
    assert seals == sorted(set(seals))


def test_queries_do_not_grow_with_events_and_webhooks(place, due, clerk, officer, webhook):
    submission = submit_month(period=due, county=place.county, by=clerk)
    seal_waiting()
    with exactly(11):
        read_feed()
    for _ in range(4):
        make_webhook(place.county)
    for _ in range(3):
        return_submission(submission=submission, note="请核对", by=officer)
        submit_month(period=due, county=place.county, by=clerk)
    seal_waiting()
    with exactly(11):
        read_feed()
    assert Delivery.objects.count() == 1 + 5 * 6


def test_a_seal_that_is_read_by_two_workers_at_once_is_told_once(place, due, clerk, webhook, monkeypatch):
    """Both have read the same events before either writes."""
    submit_month(period=due, county=place.county, by=clerk)
    seal_waiting()
    reading = feed.read_events(EventFeed.objects.get().seal)
    monkeypatch.setattr(feed, "read_events", lambda after: reading)
    stale = EventFeed.objects.get()
    assert read_feed() == 1
    monkeypatch.setattr(EventFeed.objects, "filter", lambda **lookup: _Stale(stale, lookup))
    assert read_feed() == 0, "somebody else has moved the feed"
    assert Delivery.objects.count() == 1


class _Stale:
    """The rows of the feed as somebody sees them who has read it before another one moved it."""

    def __init__(self, row: EventFeed, lookup: dict) -> None:
        self._row, self._lookup = row, lookup

    def first(self) -> EventFeed:
        return self._row

    def update(self, **values: int) -> int:
        return EventFeed._base_manager.filter(**self._lookup).update(**values)


@pytest.mark.django_db(transaction=True)
def test_four_workers_that_read_at_once_tell_each_event_once_while_more_happens(
    place, due, clerk, officer, webhook, other_webhook
):
    submission = submit_month(period=due, county=place.county, by=clerk)

    def happens() -> None:
        for _ in range(5):
            return_submission(submission=submission, note="请核对", by=officer)
            submit_month(period=due, county=place.county, by=clerk)
            seal_waiting()

    def reads() -> None:
        until = timezone.now() + datetime.timedelta(seconds=1)
        while timezone.now() < until:
            read_feed()

    run_in_threads(happens, *[reads] * 4)
    read()
    assert [kind for kind, _ in told(webhook)] == [
        "submission.submitted",
        *["submission.returned", "submission.submitted"] * 5,
    ]
    assert told(other_webhook) == []


def test_undone_changes_of_divisions_are_told_too(place, administrator, webhook):
    town = place.communities[0]
    DivisionChange.objects.create(
        kind="rename", level="village", effective_on=datetime.date(2018, 6, 1), source="演示依据",
        from_code=town.code, from_name=town.name, to_code=town.code, to_name="城东社区",
    )  # fmt: skip
    apply_division_changes(by=administrator)
    undo_division_changes(change_set=ChangeSet.objects.get(summary__startswith="应用"), by=administrator)
    read()
    assert [(kind, data["undone"]) for kind, data in told(webhook)] == [
        ("division.changed", False),
        ("division.changed", True),
    ]
