"""Tests of consultations: what a row may say, the way of every column, and which organizations are listed."""

from __future__ import annotations

import datetime
import io

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from openpyxl import load_workbook

from changelog.actions import edit_record
from changzhi_portal.registers.registry import register_named
from participation.models import Consultation
from tests.factories import credit_code, id_number, make_consultation, make_organization
from tests.pages import markup_of
from tests.participation.consultation_rows import consultation_row
from tests.uploads.row_forms import sent
from uploads import actions
from uploads.writing.template import write_export

pytestmark = pytest.mark.django_db
HELD = datetime.date(2018, 6, 12)
Outcome = Consultation.Outcome


def messages_of(batch):
    return [problem["message"] for row in batch.staged_rows.all() for problem in row.problems]


def attending(consultation):
    return set(consultation.organizations.values_list("name", flat=True))


def edited(by, consultation, **values):
    consultation.refresh_from_db()
    edit = edit_record(
        register=register_named("consultations")(),
        values=values,
        by=by,
        ref=consultation.ref,
        version=consultation.version,
    )
    return [problem.message for problems in edit.problems.values() for problem in problems]


# --- What a consultation is ---


@pytest.mark.parametrize(
    "wrong",
    [
        {"residents": 33},
        {"outcome": Outcome.NONE, "due_on": datetime.date(2018, 7, 1)},
        {"outcome": "", "due_on": datetime.date(2018, 7, 1)},
        {"outcome": Outcome.NONE, "due_on": None, "done_on": datetime.date(2018, 7, 1)},
        {"outcome": Outcome.NONE, "due_on": None, "agreement": "装电梯"},
        {"due_on": datetime.date(2018, 6, 11)},
        {"done_on": datetime.date(2018, 6, 11)},
    ],
)
def test_the_database_holds_what_a_consultation_must_be(wrong, place):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_consultation(place.communities[0], **wrong)


def test_the_smallest_and_the_largest_that_is_allowed(place):
    make_consultation(place.communities[0], residents=32, due_on=HELD, done_on=HELD)
    make_consultation(place.communities[0], residents=0, outcome=Outcome.PARTLY)
    make_consultation(place.communities[0], outcome=Outcome.NONE)


def test_a_topic_is_noted_once_a_day_and_community(place):
    make_consultation(place.communities[0], topic="加装电梯")
    make_consultation(place.communities[1], topic="加装电梯")
    make_consultation(place.communities[0], topic="加装电梯", held_on=datetime.date(2018, 6, 13))
    with pytest.raises(IntegrityError), transaction.atomic():
        make_consultation(place.communities[0], topic="加装电梯")


# --- Rows ---


def test_every_column_comes_in_is_shown_goes_out_and_is_taken_back(place, clerk, period, send, signed_in):
    choir = make_organization(place.communities[0], "演示合唱团")
    agency = make_organization(place.county, "演示社工中心", registration="registered", credit_code=credit_code(7))
    row = consultation_row(
        议题类别="公共设施",
        其中居民人数="24人",
        参加的社会组织=f"演示合唱团，{agency.credit_code}",
        参加社会组织数=3,
        参加社工数=2,
        议定事项="由物业公司报建，业主分摊",
        办结日期="2018-06-20",
        备注="演示备注",
    )
    batch = sent(send, clerk, [row], register="consultations")
    assert (batch.state, batch.errors, batch.new) == ("checked", 0, 1), messages_of(batch)
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    batch.refresh_from_db()
    assert actions.commit_batch(batch).state == "committed"
    consultation = Consultation.objects.get()
    assert set(consultation.organizations.all()) == {choir, agency}
    shown = (consultation.community, consultation.form, consultation.category, consultation.outcome)
    assert shown == (place.communities[0], "council", "facilities", "agreed")
    numbers = (consultation.participants, consultation.residents, consultation.organization_count)
    assert (*numbers, consultation.social_workers) == (32, 24, 3, 2)
    assert (consultation.due_on, consultation.done_on) == (datetime.date(2018, 9, 30), datetime.date(2018, 6, 20))
    page = markup_of(signed_in(clerk).get(consultation.get_absolute_url()))
    for told in (
        *("2018-06-12", "议事会", "公共设施", "演示合唱团", "演示社工中心", "一致", "由物业公司报建，业主分摊"),
        *("2018-09-30", "2018-06-20", "已办结", "演示备注"),
    ):
        assert told in page
    for address in (choir.get_absolute_url(), place.communities[0].get_absolute_url()):
        assert "小区加装电梯" in markup_of(signed_in(clerk).get(address))
    sheet = register_named("consultations")()
    exported = load_workbook(io.BytesIO(write_export(sheet, division=place.county, by=clerk).data)).worksheets[0]
    cells = dict(zip([column.field for column in sheet.columns], [cell.value for cell in exported[4]], strict=True))
    assert set(cells["organizations"].split("、")) == {"演示合唱团", "演示社工中心"}
    assert (cells["topic"], cells["agreement"], cells["organization_count"]) == (
        "小区加装电梯",
        "由物业公司报建，业主分摊",
        3,
    )
    again = sent(send, clerk, [row], register="consultations")
    assert (again.unchanged, again.new, again.changed) == (1, 0, 0)
    batch.refresh_from_db()
    actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    assert actions.undo_batch(batch).state == "undone"
    assert not Consultation.objects.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"参加的社会组织": "没有的组织"}, "社会组织登记表中，本县（市、区）没有“没有的组织”，请先登记这个组织"),
        ({"参加社会组织数": 0}, "参加社会组织数是0家，列出的已有1家，请核对"),
        ({"其中居民人数": 33}, "居民人数多于参加人数，请核对"),
        ({"协商结果": "未达成"}, "协商结果是“一致”或“部分一致”的，才填办理期限"),
        ({"办理期限": "", "协商结果": "", "办结日期": "2018-07-01"}, "协商结果是“一致”或“部分一致”的，才填办结日期"),
        ({"办理期限": "2018-06-11"}, "办理期限早于协商日期，请核对"),
        ({"办结日期": "2018-06-11"}, "办结日期早于协商日期，请核对"),
        ({"协商日期": "2099-01-01", "办理期限": ""}, "日期晚于今天，请核对年份"),
        ({"协商形式": "茶话会"}, "只能填："),
        ({"参加人数": ""}, "“参加人数”是必填项"),
        ({"社区名称": ""}, "请填社区名称或12位社区代码"),
        ({"议定事项": "找李演示19900001234"}, "里面有"),
        ({"协商议题": f"{id_number(4711)}加装电梯"}, "里面有"),
    ],
)
def test_what_a_row_may_not_say(changes, message, place, clerk, send):
    make_organization(place.communities[0], "演示合唱团")
    batch = sent(send, clerk, [consultation_row() | changes], register="consultations")
    assert batch.errors == 1
    assert any(each.startswith(message) for each in messages_of(batch)), messages_of(batch)


def test_organizations_are_found_within_the_county_and_the_nearest_of_a_name_is_meant(place, officer, send):
    make_organization(place.communities[1], "演示合唱团")
    near = make_organization(place.communities[0], "演示合唱团")
    make_organization(place.villages[0], "外县秧歌队")
    federation = make_organization(place.city, "演示联合会")
    batch = sent(send, officer, [consultation_row(参加的社会组织="演示合唱团、演示联合会")], register="consultations")
    assert batch.errors == 0, messages_of(batch)
    batch = sent(send, officer, [consultation_row(参加的社会组织="外县秧歌队")], register="consultations")
    assert "本县（市、区）没有“外县秧歌队”" in messages_of(batch)[0]
    sent(
        send,
        officer,
        [consultation_row(参加的社会组织="演示合唱团、演示联合会")],
        register="consultations",
        commit="all",
    )
    assert set(Consultation.objects.get().organizations.all()) == {near, federation}


def test_a_code_of_another_county_is_refused(place, officer, send):
    other = make_organization(place.other_county, "外县中心", registration="registered", credit_code=credit_code(9))
    batch = sent(send, officer, [consultation_row(参加的社会组织=other.credit_code)], register="consultations")
    assert "不在这个社区所在的县（市、区）" in messages_of(batch)[0]


def test_two_of_one_name_as_near_are_listed_by_their_code(place, clerk, send):
    here = place.communities[0]
    twins = [
        make_organization(here, "演示中心", registration="registered", credit_code=credit_code(number))
        for number in (11, 12)
    ]
    batch = sent(send, clerk, [consultation_row(参加的社会组织="演示中心")], register="consultations")
    assert messages_of(batch) == ["有几个组织都叫“演示中心”，请改填统一社会信用代码或记录编号"]
    consultation = make_consultation(here, *twins)
    sheet = register_named("consultations")()
    (entry,) = sheet.records(place.county.path, ref=consultation.ref)
    assert set(entry["organizations"].split("、")) == {each.credit_code for each in twins}
    assert edited(clerk, consultation, organizations=entry["organizations"]) == []
    assert set(consultation.organizations.all()) == set(twins)


def test_organizations_come_and_go_with_a_sentence_and_清空_takes_all(place, clerk, send, signed_in):
    old, new = (make_organization(place.communities[0], name) for name in ("演示书画社", "演示合唱团"))
    consultation = make_consultation(place.communities[0], old, topic="小区加装电梯")
    batch = sent(send, clerk, [consultation_row()], register="consultations")
    page = markup_of(signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref]), {"tab": "changed"}))
    assert "参加的社会组织增加“演示合唱团”，去掉“演示书画社”" in page
    assert edited(clerk, consultation, organizations="演示合唱团") == []
    assert attending(consultation) == {new.name}
    assert edited(clerk, consultation, organizations="清空") == []
    assert attending(consultation) == set()


def test_a_street_neither_sees_nor_removes_what_the_county_lists_of_another_street(
    place, street_clerk, clerk, signed_in
):
    own, elsewhere = (
        make_organization(place.communities[0], "演示合唱团"),
        make_organization(place.other_communities[0]),
    )
    consultation = make_consultation(place.communities[0], own, elsewhere)
    (entry,) = register_named("consultations")().records(place.street.path, ref=consultation.ref)
    assert entry["organizations"] == "演示合唱团"
    assert edited(street_clerk, consultation, organizations="清空") == []
    assert set(consultation.organizations.all()) == {elsewhere}
    page = markup_of(signed_in(street_clerk).get(consultation.get_absolute_url()))
    assert elsewhere.name not in page and "另有其他单位的社会组织1家" in page
    assert elsewhere.name in markup_of(signed_in(clerk).get(consultation.get_absolute_url()))
    assert edited(street_clerk, consultation, organization_count="0") != []


def test_an_organization_that_was_merged_counts_for_the_one_that_stands(place, clerk, signed_in):
    kept = make_organization(place.communities[0], "演示合唱团")
    gone = make_organization(
        place.communities[0], "演示合唱队", merged_into=kept, dissolved_on=datetime.date(2018, 6, 1)
    )
    consultation = make_consultation(place.communities[0], gone, topic="加装电梯")
    assert list(Consultation.objects.all().of(kept)) == [consultation]
    assert Consultation.objects.all().with_attending().get().attending == 1
    assert "加装电梯" in markup_of(signed_in(clerk).get(kept.get_absolute_url()))
    (entry,) = register_named("consultations")().records(place.county.path)
    assert entry["organizations"] == "演示合唱团"
    version = consultation.version
    assert edited(clerk, consultation, organizations="演示合唱团") == []
    consultation.refresh_from_db()
    assert consultation.version == version, "nothing has changed"


def test_consultations_are_seen_in_their_area_alone(place, clerk, other_clerk, leader, signed_in):
    consultation = make_consultation(place.communities[0], topic="加装电梯")
    assert "加装电梯" in markup_of(signed_in(clerk).get(reverse("participation:consultations")))
    assert signed_in(other_clerk).get(consultation.get_absolute_url()).status_code == 404
    assert signed_in(leader).get(consultation.get_absolute_url()).status_code == 403
