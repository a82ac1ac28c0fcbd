"""Which uploads an office still has to look at, which count as brought in, and where the pages say so."""

from __future__ import annotations

import datetime
import itertools

import pytest
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.pages.panels import MOST_ROWS
from periods.models import ReportingPeriod
from tests.communities.test_sheets import facility_row
from tests.factories import make_batch, make_period, make_user
from tests.pages import markup_of
from tests.queries import exactly
from tests.uploads.office import write_workbook
from uploads import actions
from uploads.actions.replace import replace_older
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db
State = UploadBatch.State
MAPPING = [{"sheet": "Sheet1", "columns": []}]
UNMAPPED = [{"code": "missing_column", "level": "error", "message": "缺列"}]
LIST = reverse("uploads:list")


def ago(**of_time: int) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(**of_time)


def committed(user, register="facilities", **fields):
    return make_batch(user, register, state="committed", committed_at=timezone.now(), **fields)


def waiting(user, register="facilities", **fields):
    """Create a batch that was checked an hour ago and waits to be confirmed."""
    return make_batch(
        user, register, **{"state": "checked", "rows": 9, "new": 7, "uploaded_at": ago(hours=1), **fields}
    )


def panel_of(browser):
    template = "uploads/unsettled_panel.html"
    (panel,) = [each for each in browser.get("/").context["panels"] if each["template_name"] == template]
    return panel


def files_of(browser):
    return [batch.file_name for batch in panel_of(browser)["batches"]]


def unsettled(*of_batches):
    keys = {batch.pk for batch in of_batches}
    return set(UploadBatch.objects.unsettled().filter(pk__in=keys).values_list("pk", flat=True))


def with_rows(batch, *rows, **by_outcome):
    """Stage rows of a batch by outcome: a name, a name with its community, or the key of a record with its name."""
    first = batch.staged_rows.count() + 1
    for position, (outcome, said) in enumerate((*rows, *by_outcome.items()), first):
        record, label = said if isinstance(said, tuple) and isinstance(said[0], int) else (None, said)
        label, community = label if isinstance(label, tuple) else (label, "演示社区")
        batch.staged_rows.create(
            position=position,
            row_number=position,
            outcome=outcome,
            label=label,
            record_id=record,
            values={"community_name": community, "name": label},
        )
    return batch


# --- The conditions ---


def test_what_the_database_finds_is_what_a_batch_says_of_itself(clerk, period):
    counters = [
        {"rows": rows, "new": new, "errors": bad} for rows, new, bad in itertools.product((0, 9), (0, 1), (0, 2))
    ]
    for state, counts, at in itertools.product(State.values, counters, (None, timezone.now())):
        if state == State.COMMITTED and at is None:
            continue
        if at and state in {State.REJECTED, State.FAILED, State.DISCARDED}:
            continue
        others = {"discarded_at": timezone.now(), "discarded_by": clerk} if state == State.DISCARDED else {}
        if at and state in {State.QUEUED, State.CHECKING, State.CHECKED, State.COMMIT_QUEUED, State.COMMITTING}:
            others["rest"] = {"rows": 1}
        make_batch(clerk, state=state, committed_at=at, heartbeat_at=timezone.now(), period=period, **counts, **others)
    make_batch(clerk, state="rejected", mapping=MAPPING, problems=UNMAPPED)
    make_batch(clerk, state="rejected", mapping=MAPPING, problems=[{"code": "header_not_found"}])
    make_batch(clerk, state="rejected", mapping=[], problems=UNMAPPED)
    for problems, recognised in itertools.product(([], [{"code": "header_not_found"}], UNMAPPED), (True, False)):
        make_batch(clerk, "", state="rejected", problems=problems, is_recognised=recognised)
    batches = UploadBatch.objects.all()
    found_and_said = {
        "same_as_register": lambda batch: batch.is_same_as_register,
        "with_bad_rows_left": lambda batch: batch.bad_rows_left,
        "to_choose_register": lambda batch: batch.needs_register,
        "to_finish": lambda batch: batch.rest and batch.state == State.CHECKED,
        "to_map": lambda batch: batch.needs_mapping,
        "reported": lambda batch: batch.is_same_as_register or (batch.committed_at and batch.state != "undone"),
        "open": lambda batch: batch.is_in_progress or batch.waits_for_decision or batch.state in {"rejected", "failed"},
    }
    for query, is_so in found_and_said.items():
        found = set(getattr(batches, query)().values_list("pk", flat=True))
        assert found == {batch.pk for batch in batches if is_so(batch)} and found, query


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"state": "committed", "committed_at": ago(minutes=1)}, id="committed"),
        pytest.param({"state": "checked", "rows": 9, "unchanged": 9}, id="equal to the register"),
    ],
)
def test_an_upload_is_over_when_a_later_one_has_all_of_its_rows(fields, clerk, period):
    old = with_rows(waiting(clerk, period=period, errors=1), new="甲", changed=(7, "乙"), error="丙")
    refused = make_batch(clerk, period=period, state="rejected", uploaded_at=ago(hours=2))
    unknown_month = make_batch(clerk, state="rejected", uploaded_at=ago(hours=2))
    bad_rows = with_rows(
        committed(clerk, period=period, errors=1, uploaded_at=ago(hours=3)), changed=(9, "已写"), error="丙"
    )
    every = (old, refused, unknown_month, bad_rows)
    assert unsettled(*every) == {batch.pk for batch in every}
    later = with_rows(make_batch(clerk, period=period, **fields), new="甲", error="丙", changed=(7, "乙改名"))
    replace_older(later)
    assert unsettled(*every) == set()
    UploadBatch.objects.filter(pk=later.pk).update(state="undone", committed_at=timezone.now())
    assert unsettled(*every) == {batch.pk for batch in every}, "its replacement was taken back"


@pytest.mark.parametrize(
    ("left", "later"),
    [
        pytest.param({"new": "甲"}, {"new": "乙"}, id="another new record"),
        pytest.param({"changed": (7, "甲")}, {"changed": (8, "甲")}, id="another record of the same name"),
        pytest.param({"error": "甲"}, {"new": "乙"}, id="a row with an error"),
        pytest.param({"error": ""}, {"error": ""}, id="a row without a name"),
        pytest.param({"new": "甲"}, {"left_out": "甲"}, id="a row that was left out later"),
        pytest.param({"new": ("甲", "和平社区")}, {"new": ("甲", "光明社区")}, id="the same name in another place"),
    ],
)
def test_an_upload_stays_while_one_of_its_rows_is_in_no_later_one(left, later, clerk, period):
    old = with_rows(waiting(clerk, period=period), **left)
    replace_older(with_rows(committed(clerk, period=period), **later))
    assert unsettled(old) == {old.pk}


@pytest.mark.parametrize("outcome", ["unchanged", "left_out"])
def test_what_would_not_be_written_anyway_keeps_no_upload_on_the_page(outcome, clerk, period):
    old = with_rows(waiting(clerk, period=period), new="甲", **{outcome: "乙"})
    replace_older(with_rows(committed(clerk, period=period), new="甲"))
    assert unsettled(old) == set()


def test_in_a_file_sent_again_under_its_name_the_place_may_be_what_was_corrected(clerk, period):
    old = with_rows(waiting(clerk, period=period, file_name="设施.xlsx"), error=("甲", "和平社去"))
    replace_older(with_rows(committed(clerk, period=period, file_name="设施.xlsx"), new=("甲", "和平社区")))
    assert unsettled(old) == set()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"state": "checked", "committed_at": None, "new": 3, "rows": 3}, id="one that waits itself"),
        pytest.param({"state": "undone", "committed_at": ago(minutes=2)}, id="one that was undone"),
        pytest.param({"state": "rejected", "committed_at": None}, id="one that was refused"),
        pytest.param({"register": "workers"}, id="another register"),
        pytest.param({"uploaded_at": ago(hours=2)}, id="an earlier one that was confirmed later"),
        pytest.param({"group": "together"}, id="one of the same upload"),
    ],
)
def test_what_has_not_replaced_an_upload_leaves_it_on_the_page(other, clerk, period):
    old = with_rows(waiting(clerk, period=period, group="together"), new="甲")
    fields = {"state": "committed", "committed_at": timezone.now(), "period": period, **other}
    replace_older(with_rows(make_batch(clerk, fields.pop("register", "facilities"), **fields), new="甲"))
    assert unsettled(old) == {old.pk}


def test_another_office_and_another_month_replace_nothing(clerk, street_clerk, other_clerk, officer, period):
    old = waiting(clerk, period=period)
    for other in (street_clerk, other_clerk, officer):
        replace_older(committed(other, period=period))
    replace_older(committed(clerk, period=make_period("2018-05")))
    assert unsettled(old) == {old.pk}


def test_a_file_of_unknown_register_stays_until_the_same_file_is_brought_in(clerk, period):
    by_content = make_batch(clerk, "", state="rejected", uploaded_at=ago(hours=1), sha256="1" * 64)
    by_name = make_batch(clerk, "", state="rejected", uploaded_at=ago(hours=1), file_name="社工.xlsx")
    replace_older(committed(clerk, period=period))
    assert unsettled(by_content, by_name) == {by_content.pk, by_name.pk}, "it has nothing to do with them"
    replace_older(committed(clerk, period=period, sha256="1" * 64))
    assert unsettled(by_content, by_name) == {by_name.pk}
    replace_older(committed(clerk, "workers", period=period, file_name="社工.xlsx"))
    assert unsettled(by_name) == set()


def test_what_replaces_an_upload_is_found_in_as_many_queries_however_many_rows_there_are(clerk, period):
    def replaced_by_the_next(rows):
        old, new = waiting(clerk, period=period), committed(clerk, period=period)
        for batch in (old, new):
            with_rows(batch, *(("new", f"甲{number}") for number in range(rows)))
            with_rows(batch, *(("changed", (number, "乙")) for number in range(rows)))
        # Whether it is reported, the older ones, for each its records, nameless rows and names, and the answer.
        with exactly(6):
            replace_older(new)
        assert unsettled(old) == set()

    replaced_by_the_next(1)
    replaced_by_the_next(60)


def test_going_on_with_an_upload_that_was_replaced_lists_it_again(clerk, period, place, send):
    row = facility_row(**{"社区名称": place.communities[0].name, "建筑面积（㎡）": "很大"})
    send("facilities", clerk, [row], period="2018-06")
    old = UploadBatch.objects.get()
    send("facilities", clerk, [row | {"建筑面积（㎡）": "500"}], period="2018-06", commit="all")
    assert unsettled(old) == set()
    actions.correct_row(batch=old, position=1, texts={"area": "510"}, by=clerk)
    assert unsettled(old) == {old.pk}


def test_rows_that_were_not_confirmed_do_not_vanish_when_others_are_committed(clerk, period, place, send, signed_in):
    names = [community.name for community in place.communities[:2]]
    first = [
        facility_row(**{"社区名称": names[0], "设施名称": "演示甲"}),
        facility_row(**{"社区名称": names[0], "设施名称": "演示乙", "建筑面积（㎡）": "很大"}),
    ]
    others = [facility_row(**{"社区名称": names[1], "设施名称": "演示丙"})]
    send("facilities", clerk, first, period="2018-06")
    send("facilities", clerk, others, period="2018-06", commit="all")
    waiting_batch = UploadBatch.objects.earliest("pk")
    browser = signed_in(clerk)
    page = markup_of(browser.get("/"))
    assert "没有等您办理的上传" not in page and files_of(browser) == [waiting_batch.file_name]
    mended = [first[0], first[1] | {"建筑面积（㎡）": "300"}]
    send("facilities", clerk, mended, period="2018-06", commit="all")
    assert files_of(browser) == [], "its rows came with a later file"
    actions.request_undo(batch=UploadBatch.objects.latest("pk"), by=clerk)
    actions.undo_queued_batch(UploadBatch.objects.latest("pk").pk)
    assert files_of(browser) == [waiting_batch.file_name]


def test_work_that_goes_on_is_shown_whatever_was_brought_in_since(clerk, period):
    at_work = [
        make_batch(clerk, period=period, state=state, heartbeat_at=timezone.now(), uploaded_at=ago(hours=1))
        for state in sorted(UploadBatch.IN_PROGRESS)
    ]
    committed(clerk, period=period)
    assert unsettled(*at_work) == {batch.pk for batch in at_work}


def test_what_was_refused_or_not_written_is_over_when_the_month_is_locked(clerk, period):
    refused = make_batch(clerk, period=period, state="rejected")
    broken = make_batch(clerk, "workers", period=period, state="failed")
    bad_rows = committed(clerk, "projects", period=period, errors=5)
    undecided = waiting(clerk, "organizations", period=period)
    every = (refused, broken, bad_rows, undecided)
    assert len(unsettled(*every)) == 4
    ReportingPeriod.objects.filter(pk=period.pk).update(
        state=ReportingPeriod.State.LOCKED, locked_at=timezone.now(), locked_by=clerk
    )
    assert unsettled(*every) == {undecided.pk}, "somebody still has to decide about it"


# --- The home page ---


def test_the_home_page_lists_what_is_left_of_every_register_and_month_with_what_to_do(clerk, period, signed_in):
    earlier = make_period("2018-05")
    waiting(clerk, "facilities", period=period, file_name="设施一.xlsx")
    waiting(clerk, "facilities", period=period, file_name="设施二.xlsx", errors=3)
    waiting(clerk, "workers", period=earlier, file_name="五月社工.xlsx")
    make_batch(clerk, "projects", state="rejected", file_name="列名不同.xlsx", mapping=MAPPING, problems=UNMAPPED)
    make_batch(clerk, "projects", period=period, state="rejected", file_name="照片.xlsx")
    make_batch(clerk, "organizations", period=period, state="failed", file_name="出错.xlsx")
    make_batch(clerk, "", state="rejected", file_name="认不出.xlsx", uploaded_at=ago(days=1))
    make_batch(clerk, "", state="queued", file_name="刚传的.xlsx")
    committed(clerk, "communities", period=period, file_name="社区.xlsx", errors=5)
    browser = signed_in(clerk)
    answer = browser.get("/")
    page = markup_of(answer)
    assert '没有办完的上传 <span class="count">9</span>' in page
    lines = dict(zip(files_of(browser), page.split('data-label="文件"')[1:], strict=True))
    for name, told in {
        "设施一.xlsx": ("服务设施", "2018年6月", "待确认", "看后确认"),
        "设施二.xlsx": ("待确认，", "3行有错误</span>", "看错误"),
        "五月社工.xlsx": ("社会工作者", "2018年5月", "看后确认"),
        "列名不同.xlsx": ("要对应列", "检查后确定", ">对应列"),
        "照片.xlsx": ("文件不能用", "看原因"),
        "出错.xlsx": ("系统出错", "看原因"),
        "认不出.xlsx": ("没有认出", "要选登记表", "选登记表"),
        "刚传的.xlsx": ("检查后确定", "等待检查", "看进度"),
        "社区.xlsx": ("已入库，", "5行有错误没有入库</span>", "看错误的行"),
    }.items():
        for words in (*told, str(clerk), "月"):
            assert words in lines[name], (name, words)
    assert "填报单位" not in page, "all are of one office"
    first = panel_of(browser)["first"]
    assert first.file_name == "认不出.xlsx", "the newest that the clerk can go on with"
    assert page.count("btn-primary") == 1
    assert f'class="btn btn-primary btn-sm" href="{reverse("uploads:batch", args=[first.ref])}"' in page


def test_an_office_that_has_nothing_left_is_told_so(clerk, period, signed_in):
    committed(clerk, period=period)
    page = markup_of(signed_in(clerk).get("/"))
    assert "没有等您办理的上传" in page and "没有办完的上传" not in page


def test_a_street_sees_its_own_and_its_county_both_but_no_other_county(
    clerk, street_clerk, other_clerk, officer, place, period, signed_in
):
    waiting(clerk, period=period, file_name="县.xlsx")
    waiting(street_clerk, period=period, file_name="街道.xlsx")
    waiting(officer, period=period, file_name="市局.xlsx")
    waiting(make_user("street_clerk", place.other_street), period=period, file_name="另一街道.xlsx")
    assert files_of(signed_in(street_clerk)) == ["街道.xlsx"]
    assert files_of(signed_in(clerk)) == ["另一街道.xlsx", "街道.xlsx", "县.xlsx"]
    assert "填报单位" in markup_of(signed_in(clerk).get("/"))
    assert files_of(signed_in(other_clerk)) == []
    assert "县.xlsx" not in signed_in(other_clerk).get("/").content.decode()


def test_the_bureau_sees_its_own_and_how_many_the_counties_have(clerk, other_clerk, officer, period, signed_in):
    for user in (clerk, other_clerk, officer):
        waiting(user, period=period, file_name=f"{user.division.name}.xlsx")
    browser = signed_in(officer)
    assert files_of(browser) == ["长治市.xlsx"]
    page = markup_of(browser.get("/"))
    assert f'各县（市、区）还有<a href="{LIST}?state=unsettled">2个上传没有办完</a>' in page


def test_those_who_upload_nothing_have_no_such_list(leader, auditor, clerk, period, signed_in):
    waiting(clerk, period=period)
    for user in (leader, auditor):
        assert "没有办完的上传" not in signed_in(user).get("/").content.decode()


def test_more_than_a_page_holds_are_counted_and_found_in_the_list(clerk, period, signed_in):
    for number in range(MOST_ROWS + 3):
        waiting(clerk, period=period, file_name=f"{number}.xlsx")
    committed(clerk, "workers", period=period)
    browser = signed_in(clerk)
    panel = panel_of(browser)
    assert (len(panel["batches"]), panel["total"]) == (MOST_ROWS, MOST_ROWS + 3)
    assert f'<a href="{LIST}?state=unsettled">查看全部{MOST_ROWS + 3}个</a>' in markup_of(browser.get("/"))
    assert browser.get(LIST, {"state": "unsettled"}).context["table"].paginator.count == MOST_ROWS + 3


def test_the_home_page_costs_the_same_queries_however_many_are_left(clerk, street_clerk, period, signed_in):
    browser = signed_in(clerk)
    for times in (1, 15):
        for _ in range(times):
            waiting(clerk, period=period)
            make_batch(street_clerk, state="rejected", mapping=MAPPING, problems=UNMAPPED)
            committed(street_clerk, "workers", period=period, errors=1)
        with exactly(29):
            browser.get("/")


# --- The list ---


def test_the_list_filters_by_the_states_that_it_shows(clerk, period, signed_in):
    waiting(clerk, file_name="待.xlsx", group="together")
    waiting(clerk, file_name="同.xlsx", new=0, unchanged=9, group="together")
    make_batch(clerk, state="rejected", file_name="列.xlsx", mapping=MAPPING, problems=UNMAPPED)
    make_batch(clerk, state="rejected", file_name="坏.xlsx")
    make_batch(clerk, "", state="rejected", file_name="谁的.xlsx", problems=[{"code": "header_not_found"}])
    make_batch(clerk, "", state="rejected", file_name="打不开.xlsx", problems=[{"code": "damaged_file"}])
    rest = {"state": "checked", "rest": {"rows": 1, "new": 1}, "committed_at": timezone.now(), "new": 5, "rows": 5}
    make_batch(clerk, "organizations", file_name="补.xlsx", **rest)
    committed(clerk, "workers", period=period, file_name="全.xlsx")
    committed(clerk, "projects", period=period, file_name="缺.xlsx", errors=2)
    browser = signed_in(clerk)
    for state, files in {
        "unsettled": {"待.xlsx", "列.xlsx", "坏.xlsx", "缺.xlsx", "谁的.xlsx", "打不开.xlsx", "补.xlsx"},
        "checked": {"待.xlsx", "补.xlsx"},
        "to_finish": {"补.xlsx"},
        "to_choose_register": {"谁的.xlsx"},
        "same": {"同.xlsx"},
        "to_map": {"列.xlsx"},
        "rejected": {"列.xlsx", "坏.xlsx", "谁的.xlsx", "打不开.xlsx"},
        "committed": {"全.xlsx", "缺.xlsx"},
        "bad_rows_left": {"缺.xlsx"},
    }.items():
        rows = browser.get(LIST, {"state": state}).context["table"].data.data
        assert {batch.file_name for batch in rows} == files, state
    page = markup_of(browser.get(LIST, {"state": "same"}))
    assert '<option value="same" selected>与登记表一致</option>' in page
    assert ">与登记表一致</td>" in page


def test_a_file_whose_register_is_not_known_yet_has_a_line_in_the_list(clerk, signed_in):
    make_batch(clerk, "")
    assert "检查后确定" in signed_in(clerk).get(LIST).content.decode()


# --- A file that is equal to the register, through the real path ---


def test_a_file_without_a_change_is_done_without_being_confirmed(place, clerk, period, signed_in, tmp_path):
    data = write_workbook(tmp_path / "演示设施.xlsx", [facility_row()]).read_bytes()
    first = actions.receive_file(file=[data], file_name="一.xlsx", register="facilities", by=clerk, period=period)
    actions.check_queued_batch(first.pk)
    browser = signed_in(clerk)
    assert "已报 0 / 5 张登记表" in markup_of(browser.get("/"))
    first.refresh_from_db()
    actions.request_commit(batch=first, mode="all", by=clerk)
    actions.commit_queued_batch(first.pk)
    following = make_period("2018-07")
    second = actions.receive_file(file=[data], file_name="二.xlsx", register="facilities", by=clerk, period=following)
    actions.check_queued_batch(second.pk)
    second.refresh_from_db()
    assert (second.state, second.state_label, str(second)) == ("checked", "与登记表一致", "二.xlsx（与登记表一致）")

    page = markup_of(browser.get(reverse("uploads:batch", args=[second.ref])))
    assert "与登记表一致：没有要写入的内容，不用确认，这张登记表已算报过" in page
    assert "待确认" not in page and reverse("uploads:commit", args=[second.ref]) not in page
    home = markup_of(browser.get("/"))
    assert "没有等您办理的上传" in home and "待确认" not in home
    assert "已报 1 / 5 张登记表" in home and "与登记表一致</span>" in home


def test_the_size_and_the_digest_of_the_file_are_folded_away(clerk, period, signed_in):
    batch = committed(clerk, period=period, file_size=2_560, file_name="设施.xlsx")
    page = markup_of(signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])))
    folded = page.split("<details>")[1].split("</details>")[0]
    assert "<summary>文件信息</summary>" in folded
    for told in ("设施.xlsx", "2.5", batch.sha256):
        assert told in folded
    assert page.count(batch.sha256) == 1


# --- What is no longer as it was ---


def test_a_refusal_on_a_page_that_is_fresh_does_not_ask_to_load_it_again(clerk, period, signed_in):
    batch = waiting(clerk, period=period, errors=1)
    browser = signed_in(clerk)
    sent = {"mode": "all", "seen": batch.check_mark}
    answers = [browser.post(reverse("uploads:commit", args=[batch.ref]), sent, follow=True)]
    UploadBatch.objects.filter(pk=batch.pk).update(state="committed", committed_at=timezone.now())
    answers.append(browser.post(reverse("uploads:month", args=[batch.ref]), {"period": period.pk}))
    UploadBatch.objects.filter(pk=batch.pk).update(state="undone")
    answers.append(browser.post(reverse("uploads:undo", args=[batch.ref])))
    for answer in answers:
        assert "现在的状态" in answer.content.decode() and "请刷新" not in answer.content.decode()
