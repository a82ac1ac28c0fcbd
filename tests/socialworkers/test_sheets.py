"""Tests of rows of social workers: identity across offices, and the order of postings (docs/domain.md §4)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from accounts.models import User
from changelog.models import ChangeRecord
from notices.models import Notice
from socialworkers.models import Posting, SocialWorker
from tests.factories import Place, id_number
from tests.uploads.office import Send, codes_of
from uploads.models import UploadRow

pytestmark = pytest.mark.django_db
NUMBER = id_number(101)


def row(community: str, **changes: Any) -> dict[str, Any]:
    return {
        "姓名": "张演示",
        "身份证号": NUMBER,
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": community,
        "职业水平": "社会工作师",
        "到岗日期": "2016-09-01",
        "联系电话": "19900001234",
    } | changes


def test_a_new_worker_is_posted_at_the_community(send: Send, clerk: User, place: Place) -> None:
    answer = send("workers", clerk, [row("和平社区")], commit="all")
    assert (answer["state"], answer["new"], answer["status"]) == ("committed", 1, 0)
    posting = Posting.objects.get()
    assert posting.community == place.communities[0]
    assert posting.is_community_worker and posting.is_newest
    assert posting.worker.id_number.reveal() == NUMBER


def test_neither_the_row_nor_the_log_holds_the_id_number_in_plain_text(send: Send, clerk: User) -> None:
    answer = send("workers", clerk, [row("和平社区", 联系电话="12345")], commit="all")
    assert codes_of(answer) == ["bad_phone"]
    send("workers", clerk, [row("和平社区")], commit="all")
    for record in ChangeRecord.objects.all():
        assert NUMBER not in str(record.after) and "19900001234" not in str(record.after)
    worker = SocialWorker.objects.get()
    assert NUMBER not in f"{worker.id_number}"


def test_a_row_that_has_slipped_sideways_shows_and_keeps_no_number_in_the_clear(send: Send, clerk: User) -> None:
    slipped = row("和平社区", 性别=NUMBER, 职业水平=19900001234, 到岗日期=f"{'长' * 90}{NUMBER}")
    answer = send("workers", clerk, [slipped])
    assert sorted(codes_of(answer)) == ["bad_choice", "bad_choice", "bad_date"]
    kept = f"{answer}{list(UploadRow.objects.values())}"
    for number in (NUMBER, NUMBER[:10], "19900001234"):
        assert number not in kept


def test_the_same_row_again_changes_nothing(send: Send, clerk: User) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    again = send("workers", clerk, [row("和平社区")], commit="all")
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 1)
    assert ChangeRecord.objects.count() == 2  # the person and the posting, once each


def test_another_community_from_a_later_day_closes_the_old_posting(send: Send, clerk: User, place: Place) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    answer = send("workers", clerk, [row("东关社区", 到岗日期="2018-03-01")], commit="all")
    assert answer["changed"] == 1
    old, new = Posting.objects.order_by("started_on")
    assert (old.ended_on, old.is_newest) == (datetime.date(2018, 3, 1), False)
    assert (new.community, new.ended_on, new.is_newest) == (place.communities[1], None, True)


def test_another_community_with_the_same_first_day_is_a_correction(send: Send, clerk: User, place: Place) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    send("workers", clerk, [row("东关社区")], commit="all")
    assert Posting.objects.get().community == place.communities[1]


def test_another_community_without_a_day_is_asked_for_the_day(send: Send, clerk: User) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    answer = send("workers", clerk, [row("东关社区", 到岗日期="")])
    assert codes_of(answer) == ["required"]


def test_a_blank_cell_and_a_mask_change_nothing(send: Send, clerk: User) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    answer = send("workers", clerk, [row("和平社区", 联系电话="199****1234", 职业水平="", 到岗日期="")], commit="all")
    assert (answer["unchanged"], answer["errors"]) == (1, 0)
    assert SocialWorker.objects.get().phone.reveal() == "19900001234"


def test_clearing_a_value_needs_the_word(send: Send, clerk: User) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    send("workers", clerk, [row("和平社区", 联系电话="清空")], commit="all")
    assert SocialWorker.objects.get().phone is None
    assert codes_of(send("workers", clerk, [row("和平社区", 姓名="清空")])) == ["required"]


def test_the_same_person_from_another_county_is_a_transfer(
    send: Send, clerk: User, other_clerk: User, place: Place
) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    arrived = row("西垴头村", **{"县（市、区）": "襄垣县", "街道（乡镇）": "古韩镇", "到岗日期": "2018-05-01"})
    answer = send("workers", other_clerk, [arrived], commit="all")
    assert (answer["state"], answer["new"]) == ("committed", 1)
    old, new = Posting.objects.order_by("started_on")
    assert old.ended_on == datetime.date(2018, 5, 1)
    assert new.community == place.villages[0]
    assert not SocialWorker.objects.visible_to(clerk).exists()
    assert SocialWorker.objects.visible_to(other_clerk).exists()
    notice = Notice.objects.get()
    assert (notice.user, notice.title) == (clerk, "有1名社会工作者已在其他单位到岗")
    assert "张演示" in notice.text and "襄垣" not in notice.text, "whom it has lost, not to whom"
    assert "张演示" not in notice.title, "the title goes into an e-mail"


ELSEWHERE = {"县（市、区）": "襄垣县", "街道（乡镇）": "古韩镇"}


def test_the_former_offices_old_row_is_unchanged_and_alters_nothing_of_who_has_left(
    send: Send, clerk: User, other_clerk: User
) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    send(
        "workers",
        other_clerk,
        [row("西垴头村", **ELSEWHERE, 到岗日期="2018-05-01", 职业水平="高级社会工作师")],
        commit="all",
    )
    answer = send("workers", clerk, [row("和平社区")], commit="all")
    assert (answer["new"], answer["changed"], answer["unchanged"]) == (0, 0, 1)
    assert SocialWorker.objects.get().level == "senior"
    ended = send("workers", clerk, [row("和平社区", 离岗日期="2018-04-01")], commit="all")
    assert ended["changed"] == 1
    assert Posting.objects.order_by("started_on")[0].ended_on == datetime.date(2018, 4, 1)


def test_last_months_template_comes_back_although_somebody_in_it_has_left_for_another_office(
    send: Send, clerk: User, other_clerk: User
) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    of_template = row("和平社区", 身份证号="140402********0000", 联系电话="199****1234")
    of_template["记录编号"] = SocialWorker.objects.get().ref
    there = row("西垴头村", **ELSEWHERE, 到岗日期="2018-05-01", 职业水平="高级社会工作师")
    send("workers", other_clerk, [there], commit="all")
    answer = send("workers", clerk, [of_template], commit="all")
    assert (codes_of(answer), answer["unchanged"]) == ([], 1)
    answer = send("workers", clerk, [of_template | {"姓名": "李演示", "到岗日期": "2018-06-01"}], commit="all")
    assert codes_of(answer) == ["conflicting_key"], "by its number alone nobody is taken back or renamed"
    assert (SocialWorker.objects.get().level, SocialWorker.objects.get().name) == ("senior", "张演示")


def test_an_office_whose_worker_is_claimed_from_the_same_day_on_is_told(
    send: Send, clerk: User, other_clerk: User
) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    answer = send("workers", other_clerk, [row("西垴头村", **ELSEWHERE)], commit="all")
    assert (answer["state"], answer["new"]) == ("committed", 1)
    assert Notice.objects.get().user == clerk


def test_another_offices_ended_posting_is_never_rewritten(send: Send, clerk: User, other_clerk: User) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    send("workers", other_clerk, [row("西垴头村", **ELSEWHERE, 到岗日期="2018-05-01")], commit="all")
    answer = send("workers", other_clerk, [row("西垴头村", **ELSEWHERE)], commit="all")
    assert codes_of(answer) == ["date_order"]
    assert Posting.objects.filter(community__name__startswith="和平").count() == 1


def test_a_move_inside_the_own_county_tells_nobody(send: Send, clerk: User, place: Place) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    send("workers", clerk, [row("东关社区", 到岗日期="2018-03-01")], commit="all")
    assert not Notice.objects.exists()


def test_a_known_number_with_another_name_is_refused_without_saying_whose(
    send: Send, clerk: User, other_clerk: User
) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    other = row("西垴头村", 姓名="李演示", **{"县（市、区）": "襄垣县", "街道（乡镇）": "古韩镇"})
    answer = send("workers", other_clerk, [other], commit="all")
    assert codes_of(answer) == ["conflicting_key"]
    printed = str(answer)
    assert "张演示" not in printed and "城区" not in printed and NUMBER not in printed


def test_a_wrong_id_number_is_corrected_by_the_record_number_and_never_made_anothers(send: Send, clerk: User) -> None:
    right, others = id_number(102), id_number(103)
    send("workers", clerk, [row("和平社区"), row("和平社区", 姓名="李演示", 身份证号=others)], commit="all")
    worker = SocialWorker.objects.get(name="张演示")
    answer = send("workers", clerk, [{"记录编号": worker.ref} | row("和平社区", 身份证号=right)], commit="all")
    assert answer["changed"] == 1
    worker.refresh_from_db()
    assert worker.id_number.reveal() == right
    assert send("workers", clerk, [row("和平社区", 身份证号=right)])["unchanged"] == 1, "found by the new number"
    taken = send("workers", clerk, [{"记录编号": worker.ref} | row("和平社区", 身份证号=others)], commit="all")
    assert [(p["code"], p["cell"]) for p in taken["problems"]] == [("conflicting_key", "C2")]


def test_a_worker_without_a_community_is_posted_at_the_towns_station(send: Send, clerk: User, place: Place) -> None:
    send("workers", clerk, [row("")], commit="all")
    posting = Posting.objects.get()
    assert (posting.community, posting.division, posting.is_community_worker) == (None, place.street, False)


def test_a_worker_found_by_the_record_number_stays_where_a_blank_place_leaves_him(send: Send, clerk: User) -> None:
    send("workers", clerk, [row("和平社区")], commit="all")
    worker = SocialWorker.objects.get()
    changed = {
        "记录编号": worker.ref,
        "姓名": "",
        "身份证号": "",
        "职业水平": "",
        "到岗日期": "",
        "联系电话": "19900001111",
    }
    assert send("workers", clerk, [changed], commit="all")["changed"] == 1
    worker.refresh_from_db()
    assert worker.phone.reveal() == "19900001111"
    assert Posting.objects.count() == 1
