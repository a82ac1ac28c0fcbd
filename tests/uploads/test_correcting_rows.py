"""Tests of saving the form of one row: what it corrects, what is refused, and where it leads."""

from __future__ import annotations

import datetime
import re

import pytest
import xlsxwriter
from django.urls import reverse

from changzhi_portal.refusals import InvalidError, StaleError
from changzhi_portal.registers.registry import registers
from communities.models import Facility
from orgs.models import SocialOrganization
from socialworkers.models import SocialWorker
from tests.communities.test_monthly_counts import monthly_row
from tests.communities.test_points import point_row
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import make_facility, make_user
from tests.orgs.rows import support_row
from tests.orgs.test_sheets import row as organization_row
from tests.participation.activity_rows import activity_row
from tests.participation.rows import row as count_row
from tests.practice.rows import document_row
from tests.services.rows import catalogue_row, payment_row, review_row
from tests.services.test_sheets import row as project_row
from tests.socialworkers.test_sheets import NUMBER
from tests.socialworkers.test_sheets import row as worker_row
from tests.socialworkers.trainings import hours_row, training_row
from tests.uploads.row_forms import THREE_WRONG, FormFields, address_of, form_of, save, sent, words_of
from tests.uploads.samples import upload
from tests.workload.test_sheets import row as item_row
from tests.workload.test_sheets import score as score_row
from uploads import actions
from uploads.actions import change_batch
from uploads.models import UploadBatch, UploadRow
from uploads.rows import corrections

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
State = UploadBatch.State
MOBILE = "13812345678"
MENDED = {"text-kind": "活动场所", "text-area": "520", "text-opened_on": "20160501"}


# --- What saving corrects ---


def test_a_row_with_three_faults_is_mended_at_once(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG), facility_row("东关社区")])
    browser = signed_in(clerk)
    before = batch.check_mark
    answer = save(browser, batch, form_of(browser, batch), **MENDED)
    page = words_of(answer)
    assert answer.redirect_chain[-1][0].startswith(reverse("uploads:batch", args=[batch.ref]))
    assert page.index('id="rows"') < page.index("第2行没有错误了（新增）")
    assert "在页面上改过 3 格" in page
    batch.refresh_from_db()
    assert (batch.state, batch.errors, batch.new) == (State.CHECKED, 0, 2)
    assert batch.check_mark != before
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    facility = Facility.objects.get(area="520", community__name__startswith="和平")
    assert (facility.kind, facility.opened_on) == ("activity", datetime.date(2016, 5, 1))


SHOWN_AS_THEY_ARE = [
    ("communities", community_row(类型="不知道", 户数="约一百户", 社区党组织="也许", 备注="一行\n两行　全角")),
    ("facilities", facility_row(**THREE_WRONG, 功能="便民服务中心、图书室", 备注=f"找张三{MOBILE}")),
    (
        "facilities",
        facility_row(启用日期=datetime.datetime(2016, 5, 1, 8, 30), 停用日期=43000, 产权="清空", 建设方式="买的"),
    ),
    ("points", point_row(功能="志愿服务站、食堂", 窗口数="几个", 全科受理="也许", 备注=f"找张三{MOBILE}")),
    ("monthly", monthly_row(月份="不详", 室外牌子="三四块", 备注="演示")),
    ("organizations", organization_row("和平社区", 联系电话="12345", 枢纽型="否", 负责人="张 三", 备注="长" * 600)),
    (
        "workers",
        worker_row("和平社区", 身份证号=NUMBER[:-1], 性别=True, 社区工作者="√", 岗位=datetime.date(2020, 6, 1)),
    ),
    (
        "projects",
        project_row(服务社区="和平社区,没有的社区", 状态="不详", 签订日期="2018.5") | {"已拨付（万元）": 1.25},
    ),
    ("trainings", training_row(培训类型="讲座", 学时="二十四学时", 结束日期="2018.5", 服务人员="几十人")),
    ("training_records", hours_row(学时="99999", 备注=f"找张三{MOBILE}")),
    ("supports", support_row(扶持方式="送米面", 扶持起始日期="不详")),
    ("activities", activity_row(活动类型="宴会", 参加人数="几十个")),
    ("catalogue", catalogue_row(服务领域="食堂", 优先社会组织="也许", 起="不详", 备注="演示")),
    ("reviews", review_row("没有的项目", 评估日期="不详", 得分="优", 评估方="专家")),
    ("payments", payment_row(支付日期="不详", 资金来源="彩票", 期次="首付", 备注="演示")),
    ("surveys", count_row("没有的调查", 满意="十几", 不了解="清空")),
    ("work_items", item_row(提出部门="没有的科", 起="不详", 止=datetime.date(2018, 12, 31), 采集项目="一行\n两行")),
    ("assessments", score_row(工作得分="一百", 备注="演示")),
    ("documents", document_row(类别="通知", 印发日期="不详", 备注=f"找张三{MOBILE}")),
]


def test_every_register_is_among_them():
    assert {register for register, _ in SHOWN_AS_THEY_ARE} == {register.name for register in registers()}


@pytest.mark.parametrize(("register", "row"), SHOWN_AS_THEY_ARE)
def test_a_form_that_is_sent_as_it_was_shown_corrects_nothing(register, row, send, clerk, signed_in):
    batch = sent(send, clerk, [row], register=register)
    assert batch.errors == 1
    browser = signed_in(clerk)
    fields = form_of(browser, batch)
    page = words_of(save(browser, batch, fields))
    batch.refresh_from_db()
    assert batch.corrections == []
    assert "没有改动，没有重新核对" in page and "改这一行" in page, "the row still waits to be mended"


def test_only_what_was_changed_is_corrected(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG, 备注="演示")])
    browser = signed_in(clerk)
    save(browser, batch, form_of(browser, batch), **{"text-area": "520"})
    batch.refresh_from_db()
    assert [(made["field"], made["text"]) for made in batch.corrections] == [("area", "520")]


def test_a_row_that_is_still_wrong_is_shown_again_with_what_remains(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG)])
    browser = signed_in(clerk)
    answer = save(browser, batch, form_of(browser, batch), **MENDED | {"text-area": "六百"})
    assert "已改，第2行还有错误，请看下面写明的问题" in words_of(answer)
    fields = FormFields(answer.content.decode())
    assert fields.sent["text-area"] == "六百" and "应填数字" in fields.described("text-area")
    wrong = [name for name, given in fields.attributes.items() if "aria-invalid" in given]
    assert wrong == ["text-area"]
    save(browser, batch, fields, **{"text-area": "600"})
    batch.refresh_from_db()
    assert (batch.errors, batch.staged_rows.get().values["area"]) == (0, "600.00")


def test_an_unknown_choice_of_the_page_is_called_typed_not_the_files(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(设施类型="车库")])
    actions.correct_row(batch=batch, position=1, texts={"kind": "车棚"}, by=clerk)
    page = words_of(signed_in(clerk).get(address_of(batch), {"row": 1}))
    assert "改成的：车棚" in page and "文件里写的" not in page


def test_an_emptied_cell_says_nothing_and_the_word_for_it_empties_the_register(send, clerk, signed_in, place):
    make_facility(place.communities[0], "党群服务中心", area="100", tenure="owned", note="旧的备注")
    batch = sent(send, clerk, [facility_row(产权="租赁", 备注="新的备注")])
    browser = signed_in(clerk)
    save(browser, batch, form_of(browser, batch), **{"text-tenure": "清空", "text-note": ""})
    batch.refresh_from_db()
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    facility = Facility.objects.get()
    assert (facility.tenure, facility.note) == ("", "旧的备注")


def test_a_column_of_personal_data_is_masked_and_stays_unless_it_is_typed_anew(send, clerk, signed_in):
    batch = sent(send, clerk, [worker_row("和平社区", 联系电话="12345", 性别="不详")], register="workers")
    browser = signed_in(clerk)
    fields = form_of(browser, batch)
    assert fields.sent["text-id_number"] == "" and NUMBER not in str(fields.sent)
    assert "****" in fields.described("text-id_number")
    save(browser, batch, fields, **{"text-gender": "男", "text-id_number": "140402********0017"})
    batch.refresh_from_db()
    assert [made["field"] for made in batch.corrections] == ["gender"], "a mask means: as it is"
    save(browser, batch, form_of(browser, batch), **{"text-phone": MOBILE})
    batch.refresh_from_db()
    assert batch.errors == 0
    assert MOBILE not in str(batch.corrections)


def test_a_single_personal_cell_of_the_list_is_not_emptied_by_its_empty_input(send, clerk, signed_in):
    batch = sent(send, clerk, [organization_row("和平社区", 联系电话="12345")], register="organizations")
    asked = {"row": "1", "field": "phone", "text": "", "back": "tab=errors"}
    page = words_of(signed_in(clerk).post(address_of(batch), asked, follow=True))
    assert "没有改动" in page
    batch.refresh_from_db()
    assert (batch.corrections, batch.errors) == ([], 1)
    assert not SocialOrganization.objects.exists()


def test_a_single_cell_may_be_confirmed_as_it_is_shown(clerk, period, place, signed_in, tmp_path, capsys):
    """Excel has made a date of the name; the list shows it, and the user says that it is the name."""
    path = tmp_path / "演示.xlsx"
    row = facility_row(设施名称=datetime.date(2020, 6, 1))
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy/m/d"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(row))
        sheet.write_row(1, 0, list(row.values()))
    answer, _ = upload(capsys, "facilities", path, clerk)
    batch = UploadBatch.objects.get(pk=answer["batch"])
    browser = signed_in(clerk)
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert batch.errors == 1 and 'value="2020/6/1"' in page
    browser.post(address_of(batch), {"row": "1", "field": "name", "text": "2020/6/1"})
    batch.refresh_from_db()
    assert (batch.errors, batch.staged_rows.get().values["name"]) == (0, "2020/6/1")


# --- What is refused ---


def test_a_refused_text_is_shown_at_its_field_and_nothing_of_the_form_is_saved(send, clerk, signed_in):
    batch = sent(send, clerk, [worker_row("和平社区", 性别="不详", 备注="演示", 岗位="主任")], register="workers")
    browser = signed_in(clerk)
    typed = {
        "text-gender": "男",
        "text-note": f"找张三{MOBILE}",
        "text-position": "长" * 2_001,
        "text-id_number": NUMBER,
    }
    answer = save(browser, batch, form_of(browser, batch), **typed)
    assert answer.status_code == 422
    fields = FormFields(answer.content.decode())
    assert "个人号码" in fields.described("text-note") and "内容过长" in fields.described("text-position")
    assert "请重新填写" in fields.described("text-id_number"), "it is not kept, and must not be lost unnoticed"
    assert NUMBER not in answer.content.decode()
    assert (fields.sent["text-gender"], fields.sent["text-note"]) == ("男", f"找张三{MOBILE}")
    assert answer.content.decode().count(" autofocus") == 1
    batch.refresh_from_db()
    assert (batch.corrections, batch.errors) == ([], 1)


def test_too_many_corrections_are_told_at_the_field_and_none_is_kept(send, clerk, signed_in, monkeypatch):
    monkeypatch.setattr(corrections, "MOST_CORRECTIONS", 3)
    batch = sent(send, clerk, [facility_row(**THREE_WRONG, 备注="演示")])
    browser = signed_in(clerk)
    save(browser, batch, form_of(browser, batch), **{"text-area": "520", "text-kind": "活动场所"})
    fields = form_of(browser, batch)
    answer = save(browser, batch, fields, **{"text-opened_on": "2016-05-01", "text-note": "改", "text-area": "530"})
    assert answer.status_code == 422
    assert "页面上最多改" in FormFields(answer.content.decode()).described("text-note")
    batch.refresh_from_db()
    assert [(made["field"], made["text"]) for made in batch.corrections] == [("kind", "活动场所"), ("area", "520")]
    save(browser, batch, fields, **{"text-opened_on": "2016-05-01", "text-area": "530"})
    batch.refresh_from_db()
    assert batch.errors == 0, "correcting a corrected cell again is not one more"


def test_an_absent_column_among_the_cells_keeps_the_others_out_too(send, clerk):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG)])
    with pytest.raises(InvalidError, match="文件里没有“产权”列") as refused:
        actions.correct_row(batch=batch, position=1, texts={"area": "520", "tenure": "自有"}, by=clerk)
    assert refused.value.field == "tenure"
    batch.refresh_from_db()
    assert (batch.corrections, batch.state) == ([], State.CHECKED)


# --- Somebody else at the same time ---


def test_what_a_colleague_has_changed_meanwhile_is_shown_and_what_was_typed_is_kept(send, clerk, place, signed_in):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG, 备注="演示")])
    browser = signed_in(clerk)
    fields = form_of(browser, batch)
    colleague = make_user("district_clerk", place.county)
    actions.correct_row(batch=batch, position=1, texts={"area": "530", "note": "同事的话"}, by=colleague)
    answer = save(browser, batch, fields, **{"text-kind": "活动场所", "text-note": "我的话"})
    assert answer.status_code == 409
    assert "有人改过这个批次，没有保存" in words_of(answer)
    again = FormFields(answer.content.decode())
    assert (again.sent["text-area"], again.sent["text-kind"], again.sent["text-note"]) == (
        "530.00",
        "活动场所",
        "我的话",
    )
    batch.refresh_from_db()
    assert [made["field"] for made in batch.corrections] == ["area", "note"]
    save(browser, batch, again)
    batch.refresh_from_db()
    made = {each["field"]: each["text"] for each in batch.corrections}
    assert made == {"area": "530", "note": "我的话", "kind": "活动场所"}, "nobody's work is undone unseen"


def test_a_row_is_not_corrected_by_a_check_that_was_not_seen(send, clerk):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG)])
    with pytest.raises(StaleError):
        actions.correct_row(batch=batch, position=1, texts={"area": "520"}, seen="", by=clerk)


def test_what_was_typed_is_never_passed_over_because_the_batch_is_committed_or_its_column_has_gone(
    send, clerk, place, signed_in
):
    batch = sent(send, clerk, [facility_row(备注="演示")])
    browser = signed_in(clerk)
    fields = form_of(browser, batch)
    actions.map_columns(batch=batch, chosen={"备注": "ignored"}, by=clerk)
    actions.check_queued_batch(batch.pk)
    answer = save(browser, batch, fields, **{"text-note": "改"})
    assert answer.status_code == 409 and "没有保存" in words_of(answer)
    again = FormFields(answer.content.decode())
    batch.refresh_from_db()
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    answer = save(browser, batch, again, **{"text-area": "1"})
    assert answer.status_code == 409
    assert "这一行已经入库" in words_of(answer) and "row-field" not in words_of(answer)
    assert str(Facility.objects.get().area) == "520.00"


# --- The next row ---


def test_the_next_row_with_an_error_follows_and_then_the_first_again(send, clerk, signed_in):
    rows = [facility_row(设施名称=f"活动室{n}", **(THREE_WRONG if n in {1, 3} else {})) for n in range(5)]
    batch = sent(send, clerk, rows)
    browser = signed_in(clerk)
    answer = save(browser, batch, form_of(browser, batch, 4), next="1", **MENDED | {"text-area": "不知道"})
    assert "第5行还有错误：应填数字" in words_of(answer)
    fields = FormFields(answer.content.decode())
    assert (fields.sent["row"], fields.sent["text-name"]) == ("2", "活动室1")
    answer = save(browser, batch, fields, next="1", **MENDED)
    fields = FormFields(answer.content.decode())
    assert "第3行没有错误了" in words_of(answer) and fields.sent["row"] == "4"
    answer = save(browser, batch, fields, next="1", **{"text-area": "520"})
    assert answer.redirect_chain[-1][0].startswith(reverse("uploads:batch", args=[batch.ref])), "none is left"
    assert "第5行没有错误了" in words_of(answer)


def test_going_on_without_a_change_checks_nothing_and_leaves_no_message(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(设施名称=f"活动室{n}", **THREE_WRONG) for n in range(2)])
    browser = signed_in(clerk)
    before = batch.check_mark
    answer = save(browser, batch, form_of(browser, batch), next="1")
    assert FormFields(answer.content.decode()).sent["row"] == "2" and "没有改动" not in words_of(answer)
    batch.refresh_from_db()
    assert batch.check_mark == before


def test_the_next_row_is_the_next_of_the_list_that_was_open(send, clerk, signed_in):
    rows = [
        facility_row(设施名称="甲中心", **{"设施类型": "车库"}),
        facility_row(设施名称="乙中心", **{"建筑面积（㎡）": "五百多"}),
        facility_row(设施名称="丙中心", **{"设施类型": "车库"}),
    ]
    batch = sent(send, clerk, rows)
    browser = signed_in(clerk)
    listed = browser.get(reverse("uploads:batch", args=[batch.ref]), {"tab": "errors", "code": "bad_choice"})
    (link, *_) = re.findall(r'href="([^"]*correct/\?row=[^"]*)"', listed.content.decode())
    fields = FormFields(browser.get(link.replace("&amp;", "&")).content.decode())
    answer = save(browser, batch, fields, next="1", **{"text-kind": "活动场所"})
    assert FormFields(answer.content.decode()).sent["row"] == "3"
    doubtful = save(browser, batch, form_of(browser, batch, 1, back="tab=warnings"), next="1")
    assert FormFields(doubtful.content.decode()).sent["row"] == "2", "from the list of warnings to the next warning"


# --- Large batches ---


def test_a_large_batch_is_compared_by_the_worker_once_for_all_cells(send, clerk, signed_in, monkeypatch):
    monkeypatch.setattr(change_batch, "MOST_ROWS_AT_ONCE", 1)
    batch = sent(send, clerk, [facility_row(**THREE_WRONG), facility_row("东关社区")])
    browser = signed_in(clerk)
    answer = save(browser, batch, form_of(browser, batch), next="1", **MENDED)
    assert answer.redirect_chain[-1][0] == reverse("uploads:batch", args=[batch.ref])
    batch.refresh_from_db()
    assert (batch.state, len(batch.corrections)) == (State.QUEUED, 3)
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.errors, batch.staged_rows.with_outcome(UploadRow.Outcome.NEW).count()) == (0, 2)


# --- What a form says that was not saved ---


def test_a_form_that_was_not_saved_says_so_on_top_and_focuses_what_was_refused(send, clerk, signed_in):
    row = worker_row("和平社区", 联系电话="12345", 性别="不详", 备注="演示")
    batch = sent(send, clerk, [row], register="workers")
    browser = signed_in(clerk)
    typed = {"text-phone": MOBILE, "text-gender": "男", "text-note": f"找张三{MOBILE}"}
    answer = save(browser, batch, form_of(browser, batch), **typed)
    assert answer.status_code == 422
    page = words_of(answer)
    assert page.count('role="alert"') - page.count('id="trouble"') == 1, "one message"
    top = page.split('<div class="alert alert-danger" role="alert">')[1].split("</div>")[0]
    assert top.strip().startswith('没有保存：<a href="#id_text-note">备注</a>有问题')
    fields = FormFields(answer.content.decode())
    assert [name for name, given in fields.attributes.items() if "autofocus" in given] == ["text-note"]
    assert [name for name, given in fields.attributes.items() if "aria-invalid" in given] == ["text-note"]
    assert "不能写个人号码" in fields.described("text-note")
    assert fields.described("text-gender").startswith("原来的问题："), "it is mended, if it is saved"
    assert "为保护个人信息也没有留在页面上，请重新填写" in fields.described("text-phone")
    assert MOBILE not in page.split('name="text-phone"')[1].split(">")[0]


def test_the_problem_of_a_field_that_was_not_touched_stays_as_it_is(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG)])
    browser = signed_in(clerk)
    answer = save(browser, batch, form_of(browser, batch), **{"text-area": "520", "text-name": f"找{MOBILE}"})
    fields = FormFields(answer.content.decode())
    assert "原来的问题" not in fields.described("text-kind") and "原来的问题" in fields.described("text-area")
    invalid = [name for name, given in fields.attributes.items() if "aria-invalid" in given]
    assert sorted(invalid) == ["text-kind", "text-name", "text-opened_on"]


def test_a_form_that_was_only_opened_says_nothing_of_saving(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG)])
    page = words_of(signed_in(clerk).get(address_of(batch), {"row": 1}))
    assert "没有保存：" not in page and "原来的问题" not in page


def test_a_field_with_my_text_says_what_a_colleague_has_written_meanwhile(send, clerk, place, signed_in):
    batch = sent(send, clerk, [facility_row(**THREE_WRONG, 备注="演示", 产权="自有")])
    browser = signed_in(clerk)
    fields = form_of(browser, batch)
    changes = {"area": "530", "note": "同事的话", "tenure": "租赁"}
    colleague = make_user("district_clerk", place.county)
    actions.correct_row(batch=batch, position=1, texts=changes, by=colleague)
    mine = {"text-kind": "活动场所", "text-note": "我的话", "text-tenure": "租赁"}
    again = FormFields(save(browser, batch, fields, **mine).content.decode())
    assert again.sent["text-note"] == "我的话" and "这一格现在是“同事的话”" in again.described("text-note")
    page = "".join(again.texts.values())
    assert page.count("这一格现在是") == 1, "not where only one of us has changed it, or both alike"


# --- Personal data that stay as they are registered ---


@pytest.fixture
def registered(send, clerk):
    """Return a worker who is registered with a number and a telephone."""
    assert sent(send, clerk, [worker_row("和平社区", 联系电话=MOBILE)], register="workers", commit="all").new == 1
    return SocialWorker.objects.get()


def test_a_masked_cell_is_said_to_change_nothing(registered, send, clerk, signed_in):
    row = worker_row("和平社区", 身份证号="140401********0011", 联系电话="138****5678", 性别="不详")
    batch = sent(send, clerk, [{"记录编号": registered.ref} | row], register="workers")
    fields = form_of(signed_in(clerk), batch)
    for name in ("text-id_number", "text-phone"):
        assert "带*号的，按“不改”处理" in fields.described(name)


@pytest.mark.parametrize("word", ["不改", " 不改 ", "140402********0017"])
@pytest.mark.parametrize("from_list", [False, True])
def test_a_damaged_number_gives_way_to_the_registered_one(word, from_list, registered, send, clerk, signed_in):
    row = worker_row("和平社区", 身份证号=NUMBER[:-1], 联系电话="12345", 备注="新的备注")
    batch = sent(send, clerk, [{"记录编号": registered.ref} | row], register="workers")
    assert batch.errors == 1
    browser = signed_in(clerk)
    for field in ("id_number", "phone"):
        fields = form_of(browser, batch)
        assert "要保留登记的号码，填“不改”" in fields.described(f"text-{field}")
        if from_list:
            assert "要保留登记的号码，填“不改”" in words_of(browser.get(reverse("uploads:batch", args=[batch.ref])))
            browser.post(address_of(batch), {"row": "1", "field": field, "text": word})
        else:
            save(browser, batch, fields, **{f"text-{field}": word})
    batch.refresh_from_db()
    assert (batch.errors, batch.changed) == (0, 1)
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    registered.refresh_from_db()
    assert (registered.id_number.reveal(), registered.phone.reveal()) == (NUMBER, MOBILE)
    assert registered.note == "新的备注"


def test_a_damaged_number_of_somebody_new_has_nothing_to_be_kept(send, clerk, signed_in):
    batch = sent(send, clerk, [worker_row("和平社区", 身份证号=NUMBER[:-1])], register="workers")
    browser = signed_in(clerk)
    assert "不改就空着" in form_of(browser, batch).described("text-id_number")
    assert "要保留登记的号码" not in words_of(browser.get(reverse("uploads:batch", args=[batch.ref])))
    save(browser, batch, form_of(browser, batch), **{"text-id_number": "不改"})
    batch.refresh_from_db()
    assert batch.errors == 1
