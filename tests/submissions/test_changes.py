"""The page of what a county has changed for a month, and since its report."""

import datetime

import pytest
from django.utils import timezone

from changelog.models import ChangeRecord, ChangeSet, logged_at
from changzhi_portal.personal import encrypt
from socialworkers.models import SocialWorker
from submissions.actions import submit_month
from submissions.changes import time_of_edits
from submissions.models import Submission
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import id_number, make_batch, make_change_set, make_facility, make_period, make_worker
from tests.pages import markup_of
from tests.queries import exactly
from tests.socialworkers.test_sheets import row as worker_row
from tests.submissions.reporting import explained, make_due
from uploads import actions
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db
PAGE = "/submissions/201806-140402/changes/"
ID_NUMBER = "140402199003070017"


def log(user, record, *, kind="updated", before=None, after=None, division=None, made_at=None, **of_set):
    change_set = make_change_set(user, **of_set)
    if made_at is not None:
        ChangeSet.objects.filter(pk=change_set.pk).update(made_at=made_at)
    return ChangeRecord.objects.create(
        change_set=change_set,
        model=record._meta.label_lower,
        object_id=record.pk,
        object_ref=getattr(record, "ref", ""),
        object_label=str(record),
        division=division or user.division,
        kind=kind,
        before=before if before is not None else {"note": "旧"} if kind == "updated" else {},
        after=after if after is not None else {"note": "新"},
    )


def batch_of(user, period, **fields):
    return make_batch(user, period=period, state="committed", committed_at=timezone.now(), **fields)


def shown(answer):
    return [edit.record_name for edit in answer.context["edits"]]


def numbers_of(answer):
    return {each.register.name: (each.created, each.updated) for each in answer.context["counts"] if each.total}


def test_what_uploads_wrote_is_listed_through_the_real_path_and_undone_ones_are_not(
    place, due, clerk, officer, send, signed_in
):
    old = make_facility(place.communities[0], "演示综合服务中心", area=480)
    name = place.communities[0].name
    rows = [
        facility_row(**{"社区名称": name, "设施名称": old.name, "建筑面积（㎡）": "520"}),
        facility_row(**{"社区名称": name, "设施名称": "演示新设施"}),
    ]
    send("facilities", clerk, rows, period="2018-06", commit="all")
    send("facilities", clerk, [facility_row(**{"设施名称": "演示误传"})], period="2018-06", commit="all")
    wrong = UploadBatch.objects.latest("pk")
    browser = signed_in(officer)
    assert "演示误传" in markup_of(browser.get(PAGE))
    actions.request_undo(batch=wrong, by=clerk)
    actions.undo_queued_batch(wrong.pk)
    answer = browser.get(PAGE)
    page = markup_of(answer)
    assert numbers_of(answer) == {"facilities": (1, 1)}
    assert f'href="{old.get_absolute_url()}">演示综合服务中心</a>' in page
    assert '<span class="quiet">建筑面积（㎡）</span> <del>480.00</del> 改为 <ins>520.00</ins>' in page
    assert "新增服务设施" in page and "演示新设施" in page
    assert "演示误传" not in page, "it was taken back"


def test_a_row_of_an_upload_is_one_line_with_all_that_it_did(place, due, clerk, send, signed_in):
    here, there = (community.name for community in place.communities[:2])
    people = [
        worker_row(here, 姓名="张演示"),
        worker_row(here, 姓名="李演示", 身份证号=id_number(301), 岗位="社区干事"),
    ]
    first = send("workers", clerk, people, period="2018-05", commit="all")
    assert first["new"] == 2, first
    again = [
        worker_row(there, 姓名="张演示", 到岗日期="2018-06-01", 联系电话="19900005678"),
        people[1] | {"职业水平": "助理社会工作师"},
        worker_row(there, 姓名="王演示", 身份证号=id_number(302)),
    ]
    second = send("workers", clerk, again, period="2018-06", commit="all")
    assert (second["new"], second["changed"]) == (1, 2), second
    answer = signed_in(clerk).get(PAGE)
    assert numbers_of(answer) == {"workers": (1, 2)}, "as the upload and the table of the report count"
    lines = {edit.record_name: edit for edit in answer.context["edits"]}
    assert len(answer.context["edits"]) == len(lines) == 3
    told = {name: {change.label: change.new for change in edit.entry.changes} for name, edit in lines.items()}
    assert {"联系电话", "离岗日期", "到岗日期", "社区"} <= told["张演示"].keys(), (
        "the move is in the line of the person"
    )
    assert told["张演示"]["新增"] == "任职", "what follows is of the new posting"
    assert told["李演示"] == {"职业水平": "助理社会工作师"}
    new = told["王演示"]
    assert (new["社区"], new["到岗日期"], new["职业水平"]) == (str(place.communities[1]), "2016-09-01", "社会工作师")
    page = markup_of(answer)
    number = id_number(302)
    assert f"{number[:6]}********{number[-4:]}" in page and number not in page
    assert "最近一次任职" not in page and "摘要" not in page and "名称拼音" not in page
    for edit in lines.values():
        assert SocialWorker.objects.get(ref=edit.ref).get_absolute_url() == edit.url
    assert [edit.entry.kind for edit in lines.values()].count("新增") == 1


def test_what_was_done_to_a_part_alone_is_a_line_of_its_record(place, due, clerk, send, signed_in):
    community = place.communities[0]
    row = community_row(community.name, 常住人口=3_100)
    send("communities", clerk, [row], period="2018-06", commit="all")
    send("communities", clerk, [row | {"常住人口": 3_200}], period="2018-06", commit="all")
    answer = signed_in(clerk).get(PAGE, {"register": "communities"})
    newest = answer.context["edits"][0]
    assert (newest.entry.kind, newest.record_kind, newest.record_name) == ("修改", "社区", community.name)
    assert newest.url == community.get_absolute_url()
    assert [(change.label, change.old, change.new) for change in newest.entry.changes] == [
        ("常住人口", "3,100", "3,200")
    ]
    assert numbers_of(answer) == {"communities": (0, 2)}


def test_an_upload_for_another_month_is_not_of_this_one(place, due, clerk, signed_in):
    june, july = make_facility(place.communities[0], "六月的"), make_facility(place.communities[0], "七月的")
    log(clerk, june, batch=batch_of(clerk, due))
    log(clerk, july, batch=batch_of(clerk, make_period("2018-07")))
    assert shown(signed_in(clerk).get(PAGE)) == ["六月的"]


def test_edits_in_pages_belong_to_the_month_that_was_due_next(place, clerk, signed_in):
    make_period("2018-05"), make_period("2018-06")
    facility = make_facility(place.communities[0])
    for day, name in ((5, "五月的"), (6, "六月第一天"), (35, "六月最后一天"), (36, "七月的")):
        moment = timezone.make_aware(datetime.datetime(2018, 6, 1, 12)) + datetime.timedelta(days=day - 1)
        log(clerk, facility, made_at=moment)
        ChangeRecord.objects.filter(object_label=str(facility)).update(object_label=name)
    period = make_period("2018-06")
    period.state, period.locked_at, period.locked_by = "locked", timezone.now(), clerk
    period.save()
    answer = signed_in(clerk).get(PAGE)
    assert shown(answer) == ["六月最后一天", "六月第一天"]
    page = markup_of(answer)
    assert "2018年6月6日至2018年7月5日在页面上改的" in page and page.count("在页面上改</span>") == 2


def test_until_a_late_county_has_reported_its_edits_belong_to_the_month(place, clerk):
    period = make_due("2018-06", in_days=-3)
    today = timezone.localdate()
    assert time_of_edits(Submission(period=period, county=place.county))[1] == today
    reported = Submission(period=period, county=place.county, state="submitted", submitted_at=timezone.now())
    reported.submitted_at -= datetime.timedelta(days=1)
    assert time_of_edits(reported)[1] == today - datetime.timedelta(days=1)
    reported.submitted_at -= datetime.timedelta(days=20)
    assert time_of_edits(reported)[1] == period.due_on


def test_one_register_is_chosen_and_personal_numbers_are_masked(place, due, clerk, signed_in):
    worker = make_worker(place.communities[0], "演示人甲")
    log(
        clerk,
        worker,
        before={"id_number": None},
        after={"id_number": encrypt(ID_NUMBER, logged_at("socialworkers.socialworker", "id_number", worker.ref))},
        batch=batch_of(clerk, due, file_name="社工.xlsx"),
    )
    log(clerk, make_facility(place.communities[0], "演示设施"), batch=batch_of(clerk, due))
    browser = signed_in(clerk)
    answer = browser.get(PAGE, {"register": "workers"})
    page = markup_of(answer)
    assert shown(answer) == [str(worker)]
    assert "140402********0017" in page and ID_NUMBER not in page
    assert numbers_of(answer) == {"facilities": (0, 1), "workers": (0, 1)}
    assert len(shown(browser.get(PAGE, {"register": "cars"}))) == 2, "an unknown register is none"


def test_what_came_after_the_report_is_listed_apart(place, due, clerk, officer, signed_in):
    log(clerk, make_facility(place.communities[0], "上报以前"), batch=batch_of(clerk, due))
    submit_month(period=due, county=place.county, by=clerk, explanations=explained(due, place.county))
    log(clerk, make_facility(place.communities[0], "上报以后"), batch=batch_of(clerk, make_period("2018-07")))
    browser = signed_in(officer)
    report = markup_of(browser.get("/submissions/201806-140402/"))
    assert f'<a href="{PAGE}?since=report">1条记录</a>' in report
    answer = browser.get(PAGE, {"since": "report"})
    assert shown(answer) == ["上报以后"] and "上报以后的改动" in markup_of(answer)
    assert shown(browser.get(PAGE)) == ["上报以前"]


def test_a_month_without_changes_says_so(place, due, clerk, signed_in):
    page = markup_of(signed_in(clerk).get(PAGE))
    assert "本月没有改动" in page
    assert "上报以后没有改动" in markup_of(signed_in(clerk).get(PAGE, {"since": "report"}))


def test_nobody_reads_the_changes_of_another_county(
    place, due, clerk, other_clerk, street_clerk, leader, auditor, officer, signed_in
):
    log(clerk, make_facility(place.communities[0], "城区的"), batch=batch_of(officer, due, file_name="市局.xlsx"))
    log(
        other_clerk,
        make_facility(place.villages[0], "襄垣的"),
        division=place.other_county,
        batch=batch_of(officer, due),
    )
    for user, status in ((other_clerk, 404), (street_clerk, 404), (leader, 403)):
        assert signed_in(user).get(PAGE).status_code == status
    for user in (clerk, officer, auditor):
        assert shown(signed_in(user).get(PAGE)) == ["城区的"]
    batch = UploadBatch.objects.get(file_name="市局.xlsx")
    for user in (officer, auditor):
        assert batch.ref in markup_of(signed_in(user).get(PAGE))
    page = markup_of(signed_in(clerk).get(PAGE))
    assert "市局.xlsx" in page and batch.ref not in page, "a link that leads nowhere is none"


def test_the_pages_hold_fifty_changes_at_the_same_number_of_queries(place, due, clerk, signed_in):
    batch = batch_of(clerk, due)
    browser = signed_in(clerk)
    for number in range(3):
        log(clerk, make_facility(place.communities[0], f"设施{number}"), batch=batch)
    # The user; the month, its counties and reports; the month before; the county's divisions; how many lines each
    # register has, and a page of them with their changes.
    with exactly(9):
        assert len(shown(browser.get(PAGE))) == 3
    for number in range(3, 55):
        log(clerk, make_facility(place.communities[0], f"设施{number}"), batch=batch)
    with exactly(9):
        assert len(shown(browser.get(PAGE))) == 50
    with exactly(9):
        assert len(shown(browser.get(PAGE, {"page": "2"}))) == 5
