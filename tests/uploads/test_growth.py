"""Tests of the question that an upload asks which multiplies what a register holds (docs/spreadsheets.md §3.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers import growth
from changzhi_portal.registers import register as register_module
from orgs.models import SocialOrganization
from socialworkers.models import SocialWorker
from tests.factories import Place, id_number, make_organization
from tests.orgs.test_sheets import row as organization_row
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import Send, codes_of
from uploads import actions
from uploads.models import UploadBatch

State = UploadBatch.State


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the limits small, so that a test needs few rows."""
    monkeypatch.setattr(growth, "MOST_NEW_RECORDS", 5)
    monkeypatch.setattr(register_module, "MOST_NEW_RECORDS", 5)


def organizations(number: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        organization_row(f"演示第{position}号志愿服务分队{position * 7919}", **changes) for position in range(number)
    ]


@given(st.integers(0, 5_000), st.integers(0, 20_000))
def test_what_at_least_triples_a_register_by_more_than_500_is_asked_about(before: int, new: int) -> None:
    assert growth.multiplies_register(before, new) == (before > 0 and new > 500 and (before + new) / before >= 3)
    assert growth.multiplies_community(before, new) == (
        new > 100 or (new >= 30 and before > 0 and (before + new) / before >= 5)
    )


@pytest.mark.django_db
def test_more_than_100_for_one_community_are_asked_about_by_command(send: Send, clerk: User, place: Place) -> None:
    make_organization(place.communities[0], "演示老社")
    rows = organizations(101)
    asked = send("organizations", clerk, rows, commit="all")
    assert (asked["status"], asked["state"], asked["new"], asked["errors"]) == (1, "checked", 101, 0)
    (problem,) = [each for each in asked["problems"] if each["code"] == "unusual_growth"]
    assert problem["level"] == "error"
    assert "“和平社区居委会”原有1条，入库后有102条" in problem["message"]
    assert SocialOrganization.objects.count() == 1
    done = send("organizations", clerk, rows, commit="all", confirm_growth=True)
    assert (done["status"], done["state"], SocialOrganization.objects.count()) == (0, "committed", 102)
    assert [each["level"] for each in done["problems"] if each["code"] == "unusual_growth"] == ["warning"]


@pytest.mark.django_db
def test_a_hundred_spread_over_communities_are_not_asked_about(send: Send, clerk: User) -> None:
    rows = organizations(60) + [row | {"名称": f"东{row['名称']}"} for row in organizations(60, 社区名称="东关社区")]
    answer = send("organizations", clerk, rows, commit="all")
    assert (answer["status"], answer["state"]) == (0, "committed")


@pytest.mark.django_db
def test_five_times_a_communitys_workers_are_asked_about(send: Send, clerk: User) -> None:
    first = [worker_row("和平社区", 身份证号=id_number(number), 姓名=f"演示{number}") for number in range(600, 608)]
    send("workers", clerk, first, commit="all")
    more = [worker_row("和平社区", 身份证号=id_number(number), 姓名=f"演示{number}") for number in range(700, 732)]
    asked = send("workers", clerk, more, commit="good")
    assert codes_of(asked) == ["unusual_growth"] and "原有8条，入库后有40条" in asked["problems"][0]["message"]
    assert SocialWorker.objects.count() == 8
    assert send("workers", clerk, more[:31])["problems"] == []


@pytest.mark.django_db
def test_a_register_three_times_as_large_is_asked_about_but_not_a_first_upload(
    send: Send, clerk: User, place: Place, small_limits: None
) -> None:
    assert send("organizations", clerk, organizations(8), commit="all")["state"] == "committed"
    more = [row | {"名称": f"东{row['名称']}"} for row in organizations(16, 社区名称="东关社区")]
    asked = send("organizations", clerk, more)
    assert asked["status"] == 1
    assert "本单位原有8条，入库后有24条" in asked["problems"][0]["message"]
    assert send("organizations", clerk, more[:15], commit="all")["state"] == "committed"


@pytest.mark.django_db
def test_the_page_asks_in_a_checkbox_and_does_not_go_on_without_it(
    send: Send, clerk: User, place: Place, signed_in: Callable[[User], Client]
) -> None:
    batch = UploadBatch.objects.get(pk=send("organizations", clerk, organizations(101))["batch"])
    browser, url = signed_in(clerk), reverse("uploads:batch", args=[batch.ref])
    page = browser.get(url).content.decode()
    assert 'name="confirms_growth"' in page and "“和平社区居委会”原有0条，入库后有101条" in page
    sent = {"mode": "all", "seen": batch.check_mark}
    refused = browser.post(reverse("uploads:commit", args=[batch.ref]), sent, follow=True).content.decode()
    assert "请勾选确认后再入库" in refused
    batch.refresh_from_db()
    assert batch.state == State.CHECKED
    browser.post(reverse("uploads:commit", args=[batch.ref]), sent | {"confirms_growth": "1"})
    batch.refresh_from_db()
    assert batch.state == State.COMMIT_QUEUED


@pytest.mark.django_db
def test_a_batch_without_such_a_growth_asks_nothing(
    send: Send, clerk: User, signed_in: Callable[[User], Client]
) -> None:
    batch = UploadBatch.objects.get(pk=send("organizations", clerk, organizations(3))["batch"])
    assert "confirms_growth" not in signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)


@pytest.mark.django_db
def test_the_question_goes_away_with_the_rows_that_raised_it(send: Send, clerk: User) -> None:
    batch = UploadBatch.objects.get(pk=send("organizations", clerk, organizations(101))["batch"])
    with pytest.raises(InvalidError, match="成倍增加"):
        actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.correct_row(batch=batch, position=1, texts={"community_name": "东关社区"}, by=clerk)
    batch.refresh_from_db()
    assert batch.growth == []
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
