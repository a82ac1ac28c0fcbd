"""A person asks what is held: everything is found by the number alone, shown masked, and the asking leaves a trace."""

from __future__ import annotations

import pytest
from django.urls import reverse

from changelog.models import TrailRecord
from changzhi_portal.personal import Sealed
from privacy.held import held_on
from socialworkers.models import SocialWorker
from tests.factories import id_number, make_hours, make_organization, make_training, make_user, make_worker
from tests.socialworkers.test_sheets import row as worker_row

pytestmark = pytest.mark.django_db
NUMBER, OTHER, PHONE = id_number(6001), id_number(6002), "19900006001"
PAGE = reverse("privacy:subject")
ASKED = {"id_number": NUMBER, "reason": "本人持身份证来查询"}


@pytest.fixture
def answerer(administrator):
    administrator.may_unmask = True
    administrator.save()
    return administrator


@pytest.fixture
def everywhere(send, clerk, place):
    """Put the person into a worker with a posting, an uploaded row that was refused, an organization and a user."""
    send("workers", clerk, [worker_row("和平社区", 身份证号=NUMBER, 联系电话=PHONE)], commit="all")
    send("workers", clerk, [worker_row("没有的社区", 身份证号=NUMBER, 姓名="张演示二")])
    make_organization(place.communities[0], "演示协会", phone=PHONE)
    clerk.phone = Sealed("phone", plain=PHONE)
    clerk.save()
    make_worker(place.communities[1], name="李另一个", id_number=OTHER)


def test_everything_is_found_by_the_number_and_nothing_of_others(everywhere, answerer):
    held = held_on(NUMBER, by=answerer)
    assert [(record.kind, record.name) for record in held.records if not record.is_by_phone] == [
        ("社会工作者", "张演示")
    ]
    assert {record.kind for record in held.records if record.is_by_phone} == {"社会组织", "用户"}
    (worker,) = (record for record in held.records if record.kind == "社会工作者")
    assert [kind for kind, _ in worker.parts] == ["任职"] and "2016-09-01至今" in worker.parts[0][1]
    tables = {table.title: table for table in held.tables}
    assert tables["上传的行"].number == 2, "the row that was written, and the one that was refused"
    assert tables["变更记录"].number == 2, "worker and posting"
    assert "李另一个" not in str(held)


def test_a_record_that_was_removed_by_undoing_is_still_found_in_the_log(everywhere, answerer):
    SocialWorker.objects.filter(name="张演示").delete()
    held = held_on(NUMBER, by=answerer)
    assert not [record for record in held.records if record.kind == "社会工作者"]
    assert {table.title for table in held.tables} >= {"变更记录", "上传的行"}


def test_the_page_lists_masks_with_links_to_correct_and_the_trail_says_who_asked_why(everywhere, answerer, signed_in):
    answer = signed_in(answerer).post(PAGE, ASKED)
    page = answer.content.decode()
    worker = SocialWorker.objects.get(name="张演示")
    assert answer.status_code == 200 and answer["Cache-Control"].count("no-store")
    assert NUMBER not in page and PHONE not in page and f"{worker.id_number}" in page
    assert reverse("changelog:edit", args=["workers", worker.ref]) in page
    assert page.count("可能是别人的") == 2, "the organization and the user with the same phone"
    event = TrailRecord.objects.get(kind="subject_request")
    assert (event.made_by, event.reason, event.object_label) == (answerer, ASKED["reason"], str(worker.id_number))
    assert NUMBER not in str(TrailRecord.objects.filter(pk=event.pk).values())


def test_a_number_that_nothing_is_held_on_is_answered_so(place, answerer, signed_in):
    assert "平台里没有这个人的信息" in signed_in(answerer).post(PAGE, ASKED).content.decode()


def test_without_a_reason_or_with_no_real_number_nothing_is_looked_up(everywhere, answerer, signed_in):
    browser = signed_in(answerer)
    for wrong in ({**ASKED, "reason": ""}, {**ASKED, "id_number": "140402"}, {**ASKED, "reason": f"查{PHONE}"}):
        answer = browser.post(PAGE, wrong)
        assert answer.status_code == 422 and "变更记录" not in answer.content.decode()
    assert not TrailRecord.objects.filter(kind="subject_request").exists()


def test_a_number_in_the_address_is_ignored(everywhere, answerer, signed_in):
    page = signed_in(answerer).get(PAGE, {"id_number": NUMBER}).content.decode()
    assert NUMBER not in page and "张演示" not in page
    field = page[page.index('name="id_number"') - 200 :].split('name="reason"')[0]
    assert 'data-personal="yes"' in field, "nor is it kept by the browser's window"


def test_only_a_bureau_administrator_with_the_right_to_unmask_may_ask(place, administrator, officer, clerk, signed_in):
    officer.may_unmask = True
    officer.save()
    for user in (administrator, officer, clerk):
        assert signed_in(user).post(PAGE, ASKED).status_code == 403


@pytest.mark.parametrize("role", ["leader", "auditor", "system_admin"])
def test_the_page_is_not_open_to_the_other_roles(place, signed_in, role):
    assert signed_in(make_user(role, place.city)).get(PAGE).status_code == 403


def test_the_hours_of_a_persons_trainings_are_told_too(place, answerer):
    worker = make_worker(place.communities[0], id_number=id_number(812))
    make_hours(worker, make_training(place.county, name="演示督导"))
    [record] = held_on(id_number(812), by=answerer).records
    assert [kind for kind, _ in record.parts] == ["任职", "培训学时"]
    assert "演示督导" in record.parts[1][1]
