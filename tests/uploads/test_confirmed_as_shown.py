"""Tests that a commit writes what its preview showed, whatever others have written meanwhile (docs/spreadsheets.md §4.3)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from communities.models import CommunityProfile, Facility
from orgs.models import SocialOrganization
from socialworkers.models import Posting, SocialWorker
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import Place, id_number, make_facility, make_organization, make_profile, make_worker
from tests.orgs.test_sheets import row as organization_row
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import Send
from uploads import actions
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db
State = UploadBatch.State
BOTH_MODES = pytest.mark.parametrize("mode", ["all", "good"])


def checked(send: Send, user: User, rows: list[dict[str, Any]], register: str = "facilities") -> UploadBatch:
    return UploadBatch.objects.get(pk=send(register, user, rows, period="2018-06")["batch"])


def commit(batch: UploadBatch, by: User, mode: str) -> UploadBatch:
    actions.request_commit(batch=batch, mode=mode, by=by, queue=False)
    batch.refresh_from_db()
    return actions.commit_batch(batch)


def rows_for(mode: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows, with a bad one where only the good ones are committed."""
    return [*rows, facility_row("没有的社区")] if mode == "good" else list(rows)


@BOTH_MODES
def test_two_users_whose_changes_meet_each_see_what_they_write(
    mode: str, send: Send, clerk: User, street_clerk: User, place: Place
) -> None:
    facility = make_facility(place.communities[0], "党群服务中心", area="300")
    mine = checked(send, clerk, rows_for(mode, facility_row()))
    theirs = checked(send, street_clerk, [facility_row() | {"建筑面积（㎡）": "400"}])
    assert commit(theirs, street_clerk, "all").state == State.COMMITTED
    mine = commit(mine, clerk, mode)
    facility.refresh_from_db()
    assert (mine.state, str(facility.area)) == (State.CHECKED, "400.00")
    assert "“建筑面积（㎡）”预览时是“300.00”，现在是“400.00”" in mine.message, mine.message
    assert mine.staged_rows.get(position=1).changes[0]["old"] == "400.00"
    mine = commit(mine, clerk, mode)
    facility.refresh_from_db()
    assert (mine.state, mine.changed, str(facility.area)) == (State.COMMITTED, 1, "520.00")


@BOTH_MODES
def test_what_has_become_a_change_is_shown_first(mode: str, send: Send, clerk: User, place: Place) -> None:
    batch = checked(send, clerk, rows_for(mode, facility_row(), facility_row() | {"设施名称": "老年活动室"}))
    make_facility(place.communities[0], "党群服务中心", area="300")
    batch = commit(batch, clerk, mode)
    assert (batch.state, batch.new, batch.changed) == (State.CHECKED, 1, 1)
    assert "第2行“党群服务中心”预览时是新增，现在已有这条记录，会成为修改" in batch.message
    assert Facility.objects.count() == 1


@BOTH_MODES
def test_what_has_become_new_is_shown_first(mode: str, send: Send, clerk: User, place: Place) -> None:
    facility = make_facility(place.communities[0], "党群服务中心", area="300")
    batch = checked(send, clerk, rows_for(mode, facility_row()))
    facility.name = "改名的中心"
    facility.prepare_keys()
    facility.save()
    batch = commit(batch, clerk, mode)
    assert (batch.state, batch.new, batch.changed) == (State.CHECKED, 1, 0)
    assert "会成为新增" in batch.message


def test_a_row_that_somebody_else_has_written_meanwhile_is_no_reason_to_ask(
    send: Send, clerk: User, street_clerk: User, place: Place
) -> None:
    make_facility(place.communities[0], "党群服务中心", area="300")
    mine = checked(send, clerk, [facility_row(), facility_row() | {"设施名称": "老年活动室"}])
    assert commit(checked(send, street_clerk, [facility_row()]), street_clerk, "all").state == State.COMMITTED
    mine = commit(mine, clerk, "all")
    assert (mine.state, mine.new, mine.changed, mine.unchanged) == (State.COMMITTED, 1, 0, 1)


def test_a_place_that_changed_meanwhile_is_told(send: Send, clerk: User, place: Place) -> None:
    organization = make_organization(place.communities[0], "演示书画社")
    moved = organization_row(社区名称="东关社区", 类别="社区服务类") | {"记录编号": organization.ref}
    batch = checked(send, clerk, [moved], "organizations")
    SocialOrganization.objects.filter(pk=organization.pk).update(community=place.communities[2])
    batch = commit(batch, clerk, "all")
    was, is_now = (f"东街街道办事处 {place.communities[number].name}" for number in (0, 2))
    assert batch.state == State.CHECKED
    assert f"“社区”预览时是“{was}”，现在是“{is_now}”" in batch.message, batch.message
    organization.refresh_from_db()
    assert organization.community == place.communities[2]
    assert commit(batch, clerk, "all").state == State.COMMITTED


def test_a_telephone_with_the_same_mask_is_another_telephone(send: Send, clerk: User, place: Place) -> None:
    worker = make_worker(place.communities[0], "张演示", id_number=id_number(101), phone="19911111234",
                         posting={"started_on": datetime.date(2016, 9, 1)})  # fmt: skip
    batch = checked(send, clerk, [worker_row("和平社区")], "workers")
    assert batch.changed == 1
    worker.phone = SocialWorker._meta.get_field("phone").to_python("19922221234")
    worker.save()
    batch = commit(batch, clerk, "all")
    assert (batch.state, SocialWorker.objects.get().phone.reveal()) == (State.CHECKED, "19922221234")


def test_a_posting_that_the_preview_does_not_show_is_compared_too(send: Send, clerk: User, place: Place) -> None:
    make_worker(place.communities[0], "张演示", id_number=id_number(101))
    batch = checked(send, clerk, [worker_row("东关社区", 到岗日期="2018-03-01")], "workers")
    Posting.objects.update(ended_on=datetime.date(2018, 1, 1))
    batch = commit(batch, clerk, "all")
    assert (batch.state, Posting.objects.count()) == (State.CHECKED, 1)


def test_figures_that_somebody_has_given_for_the_day_are_shown(send: Send, clerk: User, place: Place) -> None:
    batch = checked(send, clerk, [community_row()], "communities")
    make_profile(place.communities[0], residents=2900, as_of=datetime.date(2018, 6, 30))
    batch = commit(batch, clerk, "all")
    assert (batch.state, CommunityProfile.objects.get().residents) == (State.CHECKED, 2900)
    assert commit(batch, clerk, "all").state == State.COMMITTED


def test_the_page_says_what_changed(send: Send, clerk: User, place: Place, signed_in: Callable[[User], Client]) -> None:
    batch = checked(send, clerk, [facility_row()])
    make_facility(place.communities[0], "党群服务中心", area="300")
    batch = commit(batch, clerk, "all")
    page = signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "预览以后登记表有变动" in page and "会成为修改" in page


def test_many_changes_are_told_by_the_first_few(send: Send, clerk: User, place: Place) -> None:
    rows = [facility_row() | {"设施名称": f"{'很长的名称' * 15}{number}"} for number in range(20)]
    batch = checked(send, clerk, rows)
    for row in rows:
        make_facility(place.communities[0], row["设施名称"], area="300")
    batch = commit(batch, clerk, "all")
    assert batch.state == State.CHECKED and len(batch.message) <= 500
    assert batch.message.count("会成为修改") == 3 and "等至少20行" in batch.message
