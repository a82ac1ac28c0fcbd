"""Tests that the preview says all that a row does, besides its columns too, and the old values in words.

Each goes from a file to the page. The cases at the end are those of all registers; one test holds that no write of
theirs is hidden.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from html import unescape
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from changelog.history import history_of
from changzhi_portal.personal import Sealed
from changzhi_portal.registers.registry import register_named, registers
from changzhi_portal.registers.writes import Write
from communities.models import Community, Facility
from services.models import ServiceProject
from socialworkers.models import Posting, SocialWorker
from tests.changelog.editing import SURVEY
from tests.communities.test_monthly_counts import monthly_row
from tests.communities.test_points import point_row
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import (
    Place,
    credit_code,
    id_number,
    make_activity,
    make_catalogue_item,
    make_count,
    make_department,
    make_document,
    make_facility,
    make_governance_body,
    make_hours,
    make_monthly_report,
    make_organization,
    make_payment,
    make_point,
    make_posting,
    make_profile,
    make_project,
    make_review,
    make_support,
    make_survey,
    make_training,
    make_work_item,
    make_worker,
)
from tests.orgs.rows import support_row
from tests.orgs.test_sheets import row as organization_row
from tests.participation.activity_rows import activity_row
from tests.participation.rows import row as count_row
from tests.practice.rows import document_row
from tests.services.rows import catalogue_row, payment_row, review_row
from tests.services.test_sheets import row as project_row
from tests.socialworkers.test_sheets import ELSEWHERE, NUMBER
from tests.socialworkers.test_sheets import row as worker_row
from tests.socialworkers.trainings import attended, hours_row, training_row
from tests.uploads.office import Send
from tests.workload.test_sheets import row as item_row
from tests.workload.test_sheets import score as score_row
from uploads import actions
from uploads.actions import commit_writer
from uploads.models import UploadBatch, UploadRow
from uploads.preview import changes_of
from workload.models import Assessment

pytestmark = pytest.mark.django_db
HERE, THERE = "东街街道办事处 和平社区居委会", "东街街道办事处 东关社区居委会"
DAY = datetime.date(2018, 3, 1)


class Preview:
    """Uploads rows, reads the tabs of their page, and commits them."""

    def __init__(self, send: Send, signed_in: Callable[[User], Client]) -> None:
        self._send = send
        self._signed_in = signed_in

    def upload(self, register: str, user: User, *rows: dict[str, Any]) -> UploadBatch:
        self._user = user
        self.batch = UploadBatch.objects.get(pk=self._send(register, user, list(rows), period="2018-06")["batch"])
        assert not self.batch.errors, list(self.batch.staged_rows.values_list("problems", flat=True))
        return self.batch

    def page(self, tab: str) -> str:
        address = reverse("uploads:batch", args=[self.batch.ref])
        html = self._signed_in(self._user).get(address, {"tab": tab}).content.decode()
        return unescape(" ".join(html.split()))

    def changes(self) -> dict[str, tuple[str, str]]:
        """Return old and new by column, as the tab 修改 shows them in its cells."""
        page = self.page("changed")
        [row] = self.batch.staged_rows.filter(outcome=UploadRow.Outcome.CHANGED)
        for change in row.changes:
            assert f"<del>{change['old'] or '（空）'}</del>" in page
            assert f"<ins>{change['new'] or '（空）'}</ins>" in page
        return {change["column"]: (change["old"], change["new"]) for change in row.changes}

    def says(self, sentence: str, tab: str = "changed") -> bool:
        return f'<span class="row-sentence">{sentence}。</span>' in self.page(tab)

    def said(self) -> list[str]:
        return [sentence for row in self.batch.staged_rows.in_file_order() for sentence in row.also]

    def commit(self) -> UploadBatch:
        actions.request_commit(batch=self.batch, mode="all", by=self._user, queue=False)
        self.batch.refresh_from_db()
        self.batch = actions.commit_batch(self.batch)
        return self.batch


@pytest.fixture
def preview(send: Send, signed_in: Callable[[User], Client]) -> Preview:
    return Preview(send, signed_in)


def worker_at(where: Community, **posting: Any) -> SocialWorker:
    return make_worker(
        where,
        "张演示",
        id_number=NUMBER,
        level="social_worker",
        phone="19900001234",
        posting={"started_on": datetime.date(2016, 9, 1)} | posting,
    )


# --- Social workers ---


def test_a_move_says_which_posting_it_ends_and_what_the_new_one_has_not(
    preview: Preview, clerk: User, place: Place
) -> None:
    worker_at(place.communities[0], position="网格员", recruited_by="election")
    preview.upload("workers", clerk, worker_row("东关社区", 到岗日期="2018-03-01"))
    assert preview.changes() == {
        "社区": (HERE, THERE),
        "到岗日期": ("2016-09-01", "2018-03-01"),
        "岗位": ("网格员", ""),
        "配备方式": ("民主选举", ""),
    }
    sentence = f"原在“{HERE}”的在岗记录于2018-03-01结束，另记一次新的任职"
    assert preview.said() == [sentence] and preview.says(sentence)
    assert preview.commit().state == "committed"
    assert preview.says(sentence), "it stays readable"
    assert Posting.objects.get(is_newest=False).ended_on == DAY


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (datetime.date(2018, 1, 1), "的任职已于2018-01-01结束，另记一次新的任职"),
        (datetime.date(2019, 1, 1), "的在岗记录于2018-03-01结束（原定2019-01-01离岗），另记一次新的任职"),
    ],
)
def test_a_posting_that_has_a_last_day_is_told_with_it(
    ended: datetime.date, said: str, preview: Preview, clerk: User, place: Place
) -> None:
    worker_at(place.communities[0], ended_on=ended)
    preview.upload("workers", clerk, worker_row("东关社区", 到岗日期="2018-03-01"))
    assert preview.says(f"原在“{HERE}”{said}")


def test_a_new_posting_at_the_same_place_is_told_without_a_change_of_place(
    preview: Preview, clerk: User, place: Place
) -> None:
    worker_at(place.communities[0])
    preview.upload("workers", clerk, worker_row("和平社区", 到岗日期="2018-03-01"))
    assert preview.changes() == {"到岗日期": ("2016-09-01", "2018-03-01")}
    ended = f"仍在“{HERE}”而换了到岗日期，记为新的一次任职，原来的在岗记录于2018-03-01结束"
    assert preview.says(f"{ended}；只是更正日期的，这一行不要入库，请打开这个人的页面点“修改”")


@pytest.mark.parametrize("where", ["和平社区", "东关社区"])
def test_what_a_new_first_day_does_is_said_beside_it(where: str, preview: Preview, clerk: User, place: Place) -> None:
    worker_at(place.communities[0])
    preview.upload("workers", clerk, worker_row(where, 到岗日期="2018-03-01", 联系电话="13812345678"))
    assert len(preview.changes()) > 1
    said = re.findall(r"<tr>(.*?)</tr>", preview.page("changed"), re.DOTALL)
    beside = [line for line in said if "row-sentence" in line]
    assert len(beside) == 1 and 'data-label="列">到岗日期<' in beside[0]


def test_a_sentence_whose_cause_changes_nothing_stands_beside_the_first_change() -> None:
    row = UploadRow(
        changes=[
            {"column": "备注", "old": "", "new": "甲"},
            {"column": "岗位", "old": "", "new": "乙", "also": ["因岗位"]},
        ],
        also=["因岗位", "另外"],
    )
    assert [change["also"] for change in changes_of(row)] == [["另外"], ["因岗位"]]
    assert [change["also"] for change in changes_of(UploadRow(changes=[], also=["另外"]))] == [["另外"]]


def test_a_move_to_the_towns_station_is_one_change_of_place(preview: Preview, clerk: User, place: Place) -> None:
    worker_at(place.communities[0])
    preview.upload("workers", clerk, worker_row("", 到岗日期="2018-03-01"))
    assert preview.changes()["属地"] == (HERE, "东街街道办事处")
    assert not {"社区", "所属区划"} & preview.changes().keys()


def test_a_corrected_place_is_told_from_a_move(preview: Preview, clerk: User, place: Place) -> None:
    worker_at(place.communities[0])
    preview.upload("workers", clerk, worker_row("东关社区"))
    assert preview.changes() == {"社区": (HERE, THERE)}
    assert preview.says("到岗日期没有变，视为更正这次任职的地方，不另记一次任职")


def test_who_comes_from_another_office_is_new_and_that_office_is_told(
    preview: Preview, other_clerk: User, clerk: User, place: Place
) -> None:
    worker_at(place.communities[0])
    batch = preview.upload("workers", other_clerk, worker_row("西垴头村", **ELSEWHERE, 到岗日期="2018-05-01"))
    assert batch.new == 1
    sentence = "在那里的任职最晚到2018-05-01为止，那个单位会收到通知"
    page = preview.page("new")
    assert sentence in page and "个人信息以本行为准" in page
    assert "和平" not in page and "东街" not in page and "城区" not in page, "not from where"
    assert preview.commit().state == "committed"
    assert sentence in preview.page("new")
    assert clerk.notices.count() == 1


def test_nothing_is_told_of_when_another_offices_posting_ended(
    preview: Preview, other_clerk: User, place: Place
) -> None:
    worker_at(place.communities[0], ended_on=datetime.date(2017, 2, 3))
    preview.upload("workers", other_clerk, worker_row("西垴头村", **ELSEWHERE, 到岗日期="2018-05-01"))
    assert "最晚到2018-05-01为止" in preview.page("new")
    assert "2017-02-03" not in preview.page("new")


def test_a_posting_taken_over_from_another_office_is_told(preview: Preview, other_clerk: User, place: Place) -> None:
    worker_at(place.communities[0])
    assert preview.upload("workers", other_clerk, worker_row("西垴头村", **ELSEWHERE)).new == 1
    assert "视为更正任职的地方：那里的任职改到本单位，那个单位会收到通知" in preview.page("new")


def test_who_has_left_keeps_what_the_new_office_says(
    preview: Preview, clerk: User, other_clerk: User, place: Place
) -> None:
    worker = worker_at(place.communities[0], ended_on=datetime.date(2018, 5, 1), is_newest=False)
    make_posting(worker, place.villages[0], started_on=datetime.date(2018, 5, 1))
    preview.upload("workers", clerk, worker_row("和平社区", 职业水平="高级社会工作师", 离岗日期="2018-04-01"))
    assert preview.changes() == {"离岗日期": ("2018-05-01", "2018-04-01")}
    assert preview.says("这个人已转到其他单位：只改在本单位的这次任职，姓名、职业水平等个人信息不改")
    assert preview.says("自2018-04-01起离岗，从这一天起不再计入统计")


def test_somebody_without_any_posting_is_known_already(preview: Preview, clerk: User, place: Place) -> None:
    make_worker(None, "张演示", id_number=NUMBER)
    assert preview.upload("workers", clerk, worker_row("和平社区")).new == 1
    assert preview.says("登记表中已有这个人，没有任职；个人信息以本行为准", tab="new")


def test_what_became_of_a_person_since_the_preview_is_told_before_it_is_written(
    preview: Preview, other_clerk: User, place: Place
) -> None:
    preview.upload("workers", other_clerk, worker_row("西垴头村", **ELSEWHERE, 到岗日期="2018-05-01"))
    assert preview.said() == []
    worker_at(place.communities[0])
    batch = preview.commit()
    assert (batch.state, Posting.objects.count()) == ("checked", 1)
    assert "现在还有：这个人登记在其他单位" in batch.message
    assert preview.commit().state == "committed"


def test_another_number_behind_the_same_mask_is_a_change(preview: Preview, clerk: User, place: Place) -> None:
    worker_at(place.communities[0])
    preview.upload("workers", clerk, worker_row("和平社区", 联系电话="19955551234"))
    assert preview.changes() == {"联系电话": ("199****1234", "199****1234（号码有改动）")}
    preview.commit()
    [entry] = history_of(SocialWorker.objects.get(), clerk, limit=5)
    assert [(change.old, change.new) for change in entry.changes] == [("199****1234", "199****1234（号码有改动）")]
    preview.upload("workers", clerk, worker_row("和平社区", 联系电话="19955555678"))
    assert preview.changes() == {"联系电话": ("199****1234", "199****5678")}


def test_an_id_number_corrected_by_the_record_number_is_masked_on_both_sides(
    preview: Preview, clerk: User, place: Place
) -> None:
    worker = worker_at(place.communities[0])
    right = id_number(102)
    preview.upload("workers", clerk, {"记录编号": worker.ref} | worker_row("和平社区", 身份证号=right))
    masks = tuple(str(Sealed("id_number", plain=number)) for number in (NUMBER, right))
    assert preview.changes() == {"身份证号": masks}
    assert right not in preview.page("changed") and NUMBER not in preview.page("changed")


# --- Facilities ---


def test_a_facility_that_moves_says_from_where(preview: Preview, clerk: User, place: Place) -> None:
    facility = make_facility(place.communities[0], "党群服务中心")
    preview.upload("facilities", clerk, {"记录编号": facility.ref} | facility_row("东关社区", 启用日期=""))
    assert preview.changes() == {"社区": (HERE, THERE)}
    preview.commit()
    [entry] = history_of(Facility.objects.get(), clerk, limit=5)
    assert [(change.label, change.old, change.new) for change in entry.changes] == [
        ("社区", "和平社区居委会", "东关社区居委会")
    ]


def test_a_closed_community_that_a_facility_leaves_is_named(preview: Preview, clerk: User, place: Place) -> None:
    facility = make_facility(place.communities[0], "党群服务中心")
    Community.objects.filter(pk=place.communities[0].pk).update(closed_on=datetime.date(2018, 1, 1))
    preview.upload("facilities", clerk, {"记录编号": facility.ref} | facility_row("东关社区", 启用日期=""))
    assert preview.changes() == {"社区": (HERE, THERE)}


@pytest.mark.parametrize(("is_new", "tab"), [(True, "new"), (False, "changed")])
def test_a_facility_that_closes_is_counted_no_longer(
    is_new: bool, tab: str, preview: Preview, clerk: User, place: Place
) -> None:
    if not is_new:
        make_facility(place.communities[0], "党群服务中心")
    preview.upload("facilities", clerk, facility_row(停用日期="2018-06-15"))
    assert preview.says("自2018-06-15起停用，从这一天起不再计入统计", tab=tab)


def test_a_facility_that_opens_again_is_counted_again(preview: Preview, clerk: User, place: Place) -> None:
    make_facility(place.communities[0], "党群服务中心", closed_on=DAY)
    preview.upload("facilities", clerk, facility_row(停用日期="清空"))
    assert preview.changes() == {"停用日期": ("2018-03-01", "")}
    assert preview.says("取消停用（原为2018-03-01），重新计入统计")


def test_functions_where_none_were_are_no_number_of_communities(preview: Preview, clerk: User, place: Place) -> None:
    make_facility(place.communities[0], "党群服务中心")
    preview.upload("facilities", clerk, facility_row(功能="便民服务中心"))
    assert preview.changes() == {"功能": ("", "便民服务中心")}


# --- Organizations ---


def test_a_filed_organization_that_becomes_registered_is_told(preview: Preview, clerk: User, place: Place) -> None:
    make_organization(place.communities[0], "演示书画社")
    code = credit_code(77)
    preview.upload("organizations", clerk, organization_row(统一社会信用代码=code, 管理方式="登记"))
    assert preview.changes()["管理方式"] == ("街道备案", "登记")
    assert preview.changes()["统一社会信用代码"] == ("", code)
    assert preview.says("登记表中同名、没有统一社会信用代码的组织就是它，不另增一条")
    assert preview.says("组织由“街道备案”改为“登记”")


def test_an_organization_that_moves_says_from_where(preview: Preview, clerk: User, place: Place) -> None:
    organization = make_organization(place.communities[0], "演示书画社")
    known = {"记录编号": organization.ref}
    preview.upload("organizations", clerk, known | organization_row(社区名称="东关社区"))
    assert preview.changes()["社区"] == (HERE, THERE)
    preview.upload("organizations", clerk, known | organization_row(社区名称=""))
    assert preview.changes()["属地"] == (HERE, "东街街道办事处")
    preview.commit()
    preview.upload("organizations", clerk, known | organization_row(社区名称="", **{"街道（乡镇）": ""}))
    assert preview.changes()["所属区划"] == ("东街街道办事处", "城区")


def test_an_organization_that_is_dissolved_is_counted_no_longer(preview: Preview, clerk: User, place: Place) -> None:
    make_organization(place.communities[0], "演示书画社")
    preview.upload("organizations", clerk, organization_row(注销日期="2018-06-01"))
    assert preview.says("自2018-06-01起注销，从这一天起不再计入统计")


# --- Communities ---


def figures(**changes: Any) -> dict[str, Any]:
    return community_row(社区党组织="", **{"居（村）民小组数": ""}) | changes


def test_figures_of_another_day_stand_beside_those_before(preview: Preview, clerk: User, place: Place) -> None:
    make_profile(place.communities[0], households=90, residents=2900)
    preview.upload("communities", clerk, figures())
    assert preview.changes() == {"户数": ("90", "100"), "常住人口": ("2900", "3000")}
    assert preview.says("新增2018-06-30的户数、常住人口，登记过的2018-05-31的数字保留")


def test_a_new_profile_without_one_of_the_figures_is_told(preview: Preview, clerk: User, place: Place) -> None:
    make_profile(place.communities[0], households=90, residents=2900)
    preview.upload("communities", clerk, figures(户数=""))
    assert preview.changes() == {"户数": ("90", ""), "常住人口": ("2900", "3000")}
    assert preview.says("新增2018-06-30的常住人口，登记过的2018-05-31的数字保留")


def test_equal_figures_of_another_day_are_told_though_nothing_differs(
    preview: Preview, clerk: User, place: Place
) -> None:
    make_profile(place.communities[0], households=100, residents=3000)
    batch = preview.upload("communities", clerk, figures())
    assert (batch.changed, preview.changes()) == (1, {})
    assert preview.says("新增2018-06-30的户数、常住人口，登记过的2018-05-31的数字保留")
    assert "和平社区居委会" in preview.page("changed")


def test_first_figures_and_figures_before_later_ones_are_told(preview: Preview, clerk: User, place: Place) -> None:
    preview.upload("communities", clerk, figures())
    assert preview.changes() == {"户数": ("", "100"), "常住人口": ("", "3000")}
    assert preview.says("新增2018-06-30的户数、常住人口，以前没有登记过")
    make_profile(place.communities[0], as_of=datetime.date(2018, 7, 31))
    preview.upload("communities", clerk, figures())
    assert preview.changes() == {"户数": ("", "100"), "常住人口": ("", "3000")}
    assert preview.says("新增2018-06-30的户数、常住人口，登记过的2018-07-31的数字保留")


def test_figures_of_the_same_day_replace_those_that_are_there(preview: Preview, clerk: User, place: Place) -> None:
    make_profile(place.communities[0], households=100, residents=2900, as_of=datetime.date(2018, 6, 30))
    preview.upload("communities", clerk, figures())
    assert preview.changes() == {"常住人口": ("2900", "3000")}
    assert preview.says("改写已登记的2018-06-30的常住人口")


def test_figures_that_somebody_changes_after_the_preview_are_shown_again(
    preview: Preview, clerk: User, place: Place
) -> None:
    profile = make_profile(place.communities[0], households=90, residents=2900)
    preview.upload("communities", clerk, figures())
    profile.residents = 2800
    profile.save()
    batch = preview.commit()
    assert batch.state == "checked"
    assert "“常住人口”预览时是“2900”，现在是“2800”" in batch.message


def test_clearing_a_body_that_is_not_there_changes_nothing(preview: Preview, clerk: User, place: Place) -> None:
    batch = preview.upload("communities", clerk, figures(户数="", 常住人口="", 社区党组织="清空"))
    assert (batch.changed, batch.unchanged) == (0, 1)
    make_governance_body(place.communities[0])
    preview.upload("communities", clerk, figures(户数="", 常住人口="", 社区党组织="清空"))
    assert preview.changes() == {"社区党组织": ("是", "")}


# --- Projects ---


def test_communities_that_a_project_changes_are_named_though_their_number_stays(
    preview: Preview, clerk: User, place: Place
) -> None:
    make_project(place.county, *place.communities[:2], number="YS001")
    preview.upload("projects", clerk, project_row(服务社区="和平社区、下东社区"))
    assert preview.changes()["服务社区"] == ("2个社区", "2个社区（有改动）")
    assert preview.says("服务社区增加“下东社区居委会”，去掉“东关社区居委会”")
    preview.commit()
    entry = next(entry for entry in history_of(ServiceProject.objects.get(), clerk, limit=5) if entry.changes)
    told = {change.label: (change.old, change.new) for change in entry.changes}
    assert told["服务社区"] == ("2个社区", "2个社区（有改动）")


def test_communities_of_others_stay_with_a_project_and_are_not_named(
    preview: Preview, clerk: User, place: Place
) -> None:
    make_project(place.county, place.communities[0], place.villages[0], number="YS001")
    preview.upload("projects", clerk, project_row(服务社区="东关社区"))
    assert preview.said() == ["服务社区增加“东关社区居委会”，去掉“和平社区居委会”"]
    assert "西垴头" not in preview.page("changed")


def test_a_project_that_goes_to_another_county_says_from_where(preview: Preview, officer: User, place: Place) -> None:
    project = make_project(place.county, number="YS001")
    moved = {"记录编号": project.ref} | project_row(服务社区="") | {"县（市、区）": "襄垣县"}
    preview.upload("projects", officer, moved)
    assert preview.changes()["所属区划"] == ("城区", "襄垣县")


# --- The page ---


def test_a_tab_of_rows_that_do_nothing_else_has_no_column_for_it(preview: Preview, clerk: User, place: Place) -> None:
    preview.upload("facilities", clerk, facility_row())
    assert "说明" not in preview.page("new").split('id="rows"')[1]


def test_each_row_says_its_own(preview: Preview, clerk: User, place: Place) -> None:
    closing = facility_row(停用日期="2018-06-15")
    preview.upload("facilities", clerk, closing, closing | {"设施名称": "老年活动室", "停用日期": ""})
    assert preview.page("new").count("row-sentence") == 1
    assert [row.also for row in preview.batch.staged_rows.in_file_order()] == [
        ["自2018-06-15起停用，从这一天起不再计入统计"],
        [],
    ]


def test_a_row_with_an_error_says_what_is_wrong_and_no_more(send: Send, clerk: User, place: Place) -> None:
    send("facilities", clerk, [facility_row(停用日期="2018-06-15", **{"建筑面积（㎡）": "五百"})], period="2018-06")
    assert UploadRow.objects.get().also == []


def test_places_of_many_moved_records_cost_as_many_queries_as_of_one(
    preview: Preview, clerk: User, place: Place
) -> None:
    facilities = [make_facility(community) for community in place.communities for _ in range(5)]
    Community.objects.filter(town=place.street).update(closed_on=datetime.date(2018, 1, 1))
    there = {"街道（乡镇）": "西街街道", "启用日期": ""}
    rows = [
        {"记录编号": facility.ref} | facility_row("参府社区", 设施名称=facility.name, **there)
        for facility in facilities
    ]
    asked = []
    for number in (1, 2, len(rows)):
        with CaptureQueriesContext(connection) as queries:
            preview.upload("facilities", clerk, *rows[:number])
        assert preview.batch.changed == number
        asked.append(len(queries))
    assert asked[1] == asked[2], asked  # the first one also fills caches


# --- Nothing is hidden, whatever the register ---


class Case(NamedTuple):
    """A row whose writes are compared with its preview, what is registered before, and who uploads it."""

    register: str
    row: dict[str, Any]
    prepare: Callable[[Place], Any] = lambda place: None
    uploader: str = "clerk"


def left_for(place: Place) -> None:
    worker = worker_at(place.communities[0], ended_on=DAY, is_newest=False)
    make_posting(worker, place.villages[0], started_on=DAY)


CASES = {
    "figures of a new day": Case(
        "communities", community_row(类型="农村社区", 备注="演示"), lambda place: make_profile(place.communities[0])
    ),
    "the same figures of a new day": Case(
        "communities", figures(), lambda place: make_profile(place.communities[0], households=100, residents=3000)
    ),
    "no figures of a new day": Case(
        "communities", figures(户数="清空", 常住人口="清空"), lambda place: make_profile(place.communities[0])
    ),
    "figures of the same day": Case(
        "communities",
        community_row(),
        lambda place: (
            make_profile(place.communities[0], as_of=datetime.date(2018, 6, 30)),
            make_governance_body(place.communities[0], exists=False),
        ),
    ),
    "a new monthly report": Case("monthly", monthly_row(备注="演示")),
    "other numbers of a month": Case(
        "monthly",
        monthly_row(备注="演示"),
        lambda place: make_monthly_report(place.communities[0], signs_outside=5),
    ),
    "a new facility": Case("facilities", facility_row(停用日期="2018-06-15")),
    "another facility": Case(
        "facilities",
        facility_row(停用日期="2018-06-15", 功能="便民服务中心", 产权="自有"),
        lambda place: make_facility(place.communities[0], "党群服务中心", area=200),
    ),
    "a new point": Case("points", point_row(停用日期="2018-06-15")),
    "another point": Case(
        "points",
        point_row(停用日期="2018-06-15", 功能="社会工作站（室）、志愿服务站", 全科受理="是"),
        lambda place: make_point(place.communities[0], "便民服务点"),
    ),
    "a point of a town": Case(
        "points", point_row("", 窗口数="9"), lambda place: make_point(place.street, "便民服务点")
    ),
    "a new organization": Case("organizations", organization_row(注销日期="2018-06-15")),
    "another organization": Case(
        "organizations",
        organization_row(统一社会信用代码=credit_code(77), 管理方式="登记", 枢纽型="联合会", 联系电话="19900001234"),
        lambda place: make_organization(place.communities[0], "演示书画社", hub_kind="promotion"),
    ),
    "an organization elsewhere": Case(
        "organizations",
        organization_row(统一社会信用代码=credit_code(77), 管理方式="登记", 社区名称=""),
        lambda place: make_organization(
            place.communities[1], "演示书画社", credit_code=credit_code(77), registration="registered"
        ),
    ),
    "a new worker": Case("workers", worker_row("和平社区", 离岗日期="2018-06-15")),
    "a worker who moves": Case(
        "workers",
        worker_row("东关社区", 到岗日期="2018-03-01", 岗位="站长", 联系电话="19955551234"),
        lambda place: worker_at(place.communities[0], position="网格员"),
    ),
    "a worker who moves back to the same": Case(
        "workers",
        worker_row("和平社区", 到岗日期="2018-06-01"),
        lambda place: worker_at(place.communities[0], ended_on=DAY),
    ),
    "a worker whose place was wrong": Case(
        "workers", worker_row("", 社区工作者="清空"), lambda place: worker_at(place.communities[0])
    ),
    "a worker of another office": Case(
        "workers",
        worker_row("西垴头村", **ELSEWHERE, 到岗日期="2018-05-01", 职业水平="高级社会工作师"),
        lambda place: worker_at(place.communities[0]),
        "other_clerk",
    ),
    "a worker whom another office gave": Case(
        "workers", worker_row("西垴头村", **ELSEWHERE), lambda place: worker_at(place.communities[0]), "other_clerk"
    ),
    "a worker who has left": Case("workers", worker_row("和平社区", 离岗日期="2018-02-01"), left_for),
    "a person without a posting": Case(
        "workers", worker_row("和平社区"), lambda place: make_worker(None, "张演示", id_number=NUMBER)
    ),
    "a new project": Case("projects", project_row()),
    "another project": Case(
        "projects",
        project_row(服务社区="下东社区", 备注="演示"),
        lambda place: make_project(place.county, *place.communities[:2], number="YS001"),
    ),
    "a new training": Case("trainings", training_row()),
    "another training": Case(
        "trainings",
        training_row(培训类型="督导", 结束日期="2018-05-10", 服务人员="12"),
        lambda place: make_training(place.county, "PX-1"),
    ),
    "new hours": Case("training_records", hours_row(), lambda place: attended(place)),
    "other hours": Case(
        "training_records",
        hours_row(学时="16", 备注="补课"),
        lambda place: make_hours(*attended(place), 8),
    ),
    "new support": Case("supports", support_row(), lambda place: make_organization(place.communities[0], "演示合唱团")),
    "other support": Case(
        "supports",
        support_row(扶持终止日期="2018-12-31"),
        lambda place: make_support(make_organization(place.communities[0], "演示合唱团")),
    ),
    "a new activity": Case(
        "activities", activity_row(), lambda place: make_organization(place.communities[0], "演示合唱团")
    ),
    "another activity": Case(
        "activities",
        activity_row(参加人数=66),
        lambda place: make_activity(
            place.communities[0],
            "邻里节",
            held_on=datetime.date(2018, 6, 5),
            organization=make_organization(place.communities[0], "演示合唱团"),
        ),
    ),
    "a project under the catalogue by an organization": Case(
        "projects",
        project_row(购买清单编号="QD-1", 承接主体信用代码=credit_code(77)),
        lambda place: (
            make_project(place.city, *place.communities[:2], number="YS001"),
            make_catalogue_item(place.city, code="QD-1"),
            make_organization(place.communities[0], "演示中心", credit_code=credit_code(77), registration="registered"),
        ),
    ),
    "a new line of the catalogue": Case("catalogue", catalogue_row(止="2018-12-31")),
    "another line of the catalogue": Case(
        "catalogue",
        catalogue_row(优先社会组织="是", 止="2018-12-31"),
        lambda place: make_catalogue_item(place.county, code="QD-1"),
    ),
    "a new review": Case("reviews", review_row(), lambda place: make_project(place.county, number="YS-1")),
    "another review": Case(
        "reviews",
        review_row(得分="91", 评估方="第三方"),
        lambda place: make_review(make_project(place.county, number="YS-1"), score=70),
    ),
    "a new payment": Case(
        "payments",
        payment_row(项目编号="YS-1", 期次="1"),
        lambda place: make_project(place.county, number="YS-1", contract_amount=100_000),
    ),
    "another payment": Case(
        "payments",
        payment_row(项目编号="YS-1", 期次="1", 社区名称="和平社区"),
        lambda place: (
            make_payment(place.county, 100, voucher="PZ-1"),
            make_project(place.county, number="YS-1", contract_amount=100_000),
        ),
    ),
    "a new count": Case("surveys", count_row(SURVEY), lambda place: make_survey(place.county, SURVEY)),
    "another count": Case(
        "surveys",
        count_row(SURVEY, 满意=16, 不了解="清空"),
        lambda place: make_count(make_survey(place.county, SURVEY), place.communities[0], do_not_know=2),
    ),
    "a new item": Case("work_items", item_row(), lambda place: make_department(place.county, "统计局")),
    "another item": Case(
        "work_items",
        item_row(采集项目="总户数、低保户数", 类别="调查统计", 止="2018-12-31"),
        lambda place: make_work_item(place.county, number="CQ-1", department=make_department(place.county, "统计局")),
    ),
    "a new document": Case("documents", document_row(失效日期="2018-06-15")),
    "another document": Case(
        "documents",
        document_row(失效日期="2018-06-15", 类别="准入制度"),
        lambda place: make_document(place.county, number="演示城民发〔2018〕3号"),
    ),
    "the plan of a community": Case("documents", document_row("和平社区")),
    "a new score": Case("assessments", score_row()),
    "another score": Case(
        "assessments",
        score_row(工作得分="90"),
        lambda place: Assessment.objects.create(community=place.communities[0], year=2018, work_score=80),
    ),
}
# A row never creates a community; the communities of a project are links of the project's own write.
NEVER_NEW = {"communities.community"}
LINKS = {"services.projectcommunity"}
# What keys of other records than places are called.
KEYS_IN_WORDS = ("项目编号", "用于社区", "购买清单编号", "承接的社会组织")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Write]:
    """Collect the writes that commits carry out."""
    collected: list[Write] = []
    carry_out = commit_writer.apply_writes

    def note(writes: Sequence[Write], **options: Any) -> Any:
        collected.extend(writes)
        return carry_out(writes, **options)

    monkeypatch.setattr(commit_writer, "apply_writes", note)
    return collected


def assert_nothing_hidden(row: UploadRow, writes: Sequence[Write], register: str) -> None:
    """Check that each write of a row is among its changes or sentences; the values of a new row show its new records."""
    sheet = register_named(register)
    told = {change["column"]: change for change in row.changes}
    for write in writes:
        name = write.instance._meta.label_lower
        if row.outcome == UploadRow.Outcome.NEW:
            assert write.is_new or row.also, f"a new row changes a {name} and does not say so"
            continue
        if write.is_said:
            assert row.also, f"a {name} is written without a word"
            continue
        before = write.follows or write.before
        for attribute, new in write.after.items():
            old = before.get(attribute)
            if write.is_new and (old == new or (old in (None, "") and new in (None, ""))):
                assert told or row.also, f"a new {name} is written without a word"
                continue
            column = sheet.column_for(write.instance, attribute)
            headers = [column.header] if column else ["社区", "所属区划", "属地", *KEYS_IN_WORDS]
            found = [told[header] for header in headers if header in told]
            assert found, f"{attribute} of a {name} is changed and not shown"
            assert found[0]["old"] or old in (None, "", []), f"{attribute} of a {name} had {old!r}, shown as empty"
            assert found[0]["new"] or new in (None, "", []), f"{attribute} of a {name} gets {new!r}, shown as empty"
            assert found[0]["old"] != found[0]["new"], f"the change of {attribute} of a {name} cannot be seen"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_no_write_of_a_row_is_hidden(
    case: Case, preview: Preview, place: Place, written: list[Write], request: pytest.FixtureRequest
) -> None:
    case.prepare(place)
    preview.upload(case.register, request.getfixturevalue(case.uploader), case.row)
    [row] = preview.batch.staged_rows.all()
    assert preview.commit().state == "committed", preview.batch.message
    assert written
    assert_nothing_hidden(row, written, case.register)
    shown = preview.page(row.outcome)
    assert all(change["new"] in shown for change in row.changes) and all(sentence in shown for sentence in row.also)


def test_the_cases_write_every_kind_of_record_of_every_register(
    send: Send,
    signed_in: Callable[[User], Client],
    clerk: User,
    other_clerk: User,
    place: Place,
    written: list[Write],
) -> None:
    users = {"clerk": clerk, "other_clerk": other_clerk}
    for case in CASES.values():
        with transaction.atomic():
            case.prepare(place)
            preview = Preview(send, signed_in)
            preview.upload(case.register, users[case.uploader], case.row)
            preview.commit()
            transaction.set_rollback(True)
    models = {model._meta.label_lower for register in registers() for model in register.writes_to} - LINKS
    found = {(write.instance._meta.label_lower, write.is_new) for write in written}
    assert found == {(model, is_new) for model in models for is_new in (True, False)} - {
        (model, True) for model in NEVER_NEW
    }
