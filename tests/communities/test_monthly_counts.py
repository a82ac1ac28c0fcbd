"""Tests of the register 社区月报: rows, months, the lock, and the template that comes prefilled (docs/domain.md §4.14)."""

from __future__ import annotations

import datetime
import io
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from openpyxl import load_workbook

from accounts.actions import apply_division_changes
from accounts.models import User
from changelog.actions import edit_record, find_undoing, undo_changes
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.registers.registry import needed_registers, register_named, registers
from communities.indicators import MEETINGS
from communities.models import DivisionChange, MonthlyCount, MonthlyReport
from communities.sheets.monthly import COUNTS, MonthlySheet
from periods.models import ReportingPeriod
from submissions.checks import findings_for
from tests.communities.changes import change
from tests.factories import Place, make_monthly_report, make_period
from tests.uploads.office import Send, codes_of
from uploads import actions
from uploads.models import UploadBatch
from uploads.writing.template import write_template

pytestmark = pytest.mark.django_db
JUNE = datetime.date(2018, 6, 1)


def monthly_row(name: str = "和平社区", **changes: Any) -> dict[str, Any]:
    return {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": name,
        "社区代码": "",
        "月份": "2018年6月",
        "室外牌子": 3,
        "室内牌子": "12块",
        "台账报表": 9,
        "参加会议（次）": "6次",
        "接受检查考评（次）": 0,
        "出具证明（件）": "41件",
        "居民骨干": "",
    } | changes


def numbers_of(report: MonthlyReport) -> dict[str, int | None]:
    return dict(report.counts.values_list("kind", "number"))


# --- Rows ---


def test_a_row_is_the_report_of_a_community_and_month_with_a_count_for_each_number(
    send: Send, clerk: User, place: Place
):
    answer = send("monthly", clerk, [monthly_row()], period="2018-06", commit="all")
    assert (answer["new"], codes_of(answer)) == (1, [])
    report = MonthlyReport.objects.get()
    assert (report.community, report.month) == (place.communities[0], JUNE)
    assert numbers_of(report) == {
        "signs_outside": 3,
        "signs_inside": 12,
        "ledgers": 9,
        "meetings": 6,
        "inspections": 0,
        "certificates": 41,
    }, "a blank is not known, a zero is"


@pytest.mark.parametrize(
    "written",
    ["2018年6月", "2018-06", "201806", 201806, "2018.6", "2018/6/30", datetime.date(2018, 6, 15), "二〇一八年六月"],
)
def test_a_month_is_read_however_it_is_written(send: Send, clerk: User, written: Any):
    answer = send("monthly", clerk, [monthly_row(月份=written)], period="2018-06", commit="all")
    assert codes_of(answer) == []
    assert MonthlyReport.objects.get().month == JUNE


def test_a_month_that_may_have_lost_a_zero_is_asked_about(send: Send, clerk: User):
    answer = send("monthly", clerk, [monthly_row(月份=2017.1)], period="2018-06")
    assert codes_of(answer) == ["approximate_date"]
    assert "2018年10月" in answer["problems"][0]["message"]


def test_a_month_is_needed_and_may_not_lie_ahead(send: Send, clerk: User):
    ahead = timezone.localdate() + datetime.timedelta(days=60)
    rows = [monthly_row(月份=""), monthly_row("东关社区", 月份=f"{ahead:%Y-%m}"), monthly_row("下东社区", 月份="六月")]
    answer = send("monthly", clerk, rows, period="2018-06")
    assert sorted(codes_of(answer)) == ["bad_date", "future_date", "required"]


def test_a_second_row_changes_what_it_says_alone(send: Send, clerk: User, place: Place):
    report = make_monthly_report(place.communities[0], signs_outside=3, meetings=6)
    answer = send("monthly", clerk, [monthly_row(室外牌子="", 室内牌子="")], period="2018-06", commit="all")
    assert (answer["new"], answer["changed"]) == (0, 1)
    report.refresh_from_db()
    assert report.version == 2, "the page of the report shows its counts"
    known = numbers_of(report)
    assert (known["signs_outside"], known["meetings"], known["ledgers"]) == (3, 6, 9)
    assert send("monthly", clerk, [monthly_row(室外牌子="清空")], period="2018-06", commit="all")["changed"] == 1
    assert numbers_of(report)["signs_outside"] is None


def test_a_row_without_numbers_says_nothing(send: Send, clerk: User):
    blank = dict.fromkeys((column.header for column in MonthlySheet.columns_of(MonthlyCount)), "")
    answer = send("monthly", clerk, [monthly_row() | blank], period="2018-06", commit="all")
    assert (answer["new"], answer["unchanged"]) == (0, 1)
    assert not MonthlyReport.objects.exists()


def test_a_form_without_numbers_is_refused(clerk: User):
    edit = edit_record(
        register=MonthlySheet(), values={"county": "城区", "community_name": "和平社区", "month": "2018年6月"}, by=clerk
    )
    assert [problem.message for problem in edit.problems["signs_outside"]] == ["请至少填一项数，没有的填0"]


def test_the_number_of_a_report_does_not_make_it_one_of_another_month_or_community(
    send: Send, clerk: User, place: Place
):
    report = make_monthly_report(place.communities[0], "2018-05")
    answer = send("monthly", clerk, [{"记录编号": report.ref} | monthly_row()], period="2018-06")
    assert codes_of(answer) == ["conflicting_key"]
    assert "把记录编号清掉" in answer["problems"][0]["message"]
    answer = send(
        "monthly", clerk, [{"记录编号": report.ref} | monthly_row("东关社区", 月份="2018-05")], period="2018-06"
    )
    assert codes_of(answer) == ["conflicting_key"]
    assert "对不上" in answer["problems"][0]["message"]


def test_the_same_community_and_month_twice_is_told(send: Send, clerk: User):
    answer = send("monthly", clerk, [monthly_row(), monthly_row(), monthly_row(月份="2018-03")], period="2018-06")
    assert codes_of(answer) == ["duplicate_in_file"]


def test_a_number_beyond_reason_is_asked_about_and_a_negative_one_refused(send: Send, clerk: User):
    answer = send(
        "monthly",
        clerk,
        [monthly_row() | {"出具证明（件）": 4100}, monthly_row("东关社区", 台账报表=-1)],
        period="2018-06",
    )
    assert sorted(codes_of(answer)) == ["negative_number", "outlier"]


def test_another_countys_report_is_out_of_scope(send: Send, other_clerk: User, place: Place):
    report = make_monthly_report(place.communities[0])
    answer = send("monthly", other_clerk, [monthly_row()], period="2018-06")
    assert codes_of(answer) == ["out_of_scope"]
    by_number = {"记录编号": report.ref, "月份": "2018-06", "室外牌子": 9, "社区名称": "西垴头村"}
    answer = send("monthly", other_clerk, [by_number], period="2018-06")
    assert codes_of(answer) == ["conflicting_key"]
    assert numbers_of(report) == {"signs_outside": 3}


def test_what_the_database_holds(place: Place):
    report = make_monthly_report(place.communities[0])
    for wrong in (
        lambda: make_monthly_report(place.communities[0]),
        lambda: MonthlyReport.objects.create(community=place.communities[1], month=datetime.date(2018, 6, 2)),
        lambda: MonthlyCount.objects.create(report=report, kind="signs_outside", number=1),
        lambda: MonthlyCount.objects.create(report=report, kind="ledgers", number=-1),
        lambda: MonthlyCount.objects.create(report=report, kind="other", number=1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


# --- The lock, the log, undoing ---


def lock(month: str, by: User) -> None:
    make_period(month)
    ReportingPeriod.objects.filter(month=f"{month}-01").update(
        state=ReportingPeriod.State.LOCKED, locked_at=timezone.now(), locked_by=by
    )


def test_a_locked_month_needs_the_right_and_a_reason(send: Send, clerk: User, officer: User, place: Place):
    lock("2018-05", officer)
    report = make_monthly_report(place.communities[0], "2018-05")
    rows = [monthly_row(月份="2018-05"), monthly_row("东关社区", 月份="2018-05"), monthly_row("下东社区")]
    answer = send("monthly", clerk, rows, period="2018-06", commit="good")
    assert codes_of(answer) == ["locked_period", "locked_period"]
    assert MonthlyReport.objects.count() == 2
    same = monthly_row(月份="2018-05", **dict.fromkeys(("室内牌子", "台账报表", "参加会议（次）"), ""))
    same |= dict.fromkeys(("接受检查考评（次）", "出具证明（件）"), "")
    assert codes_of(send("monthly", clerk, [same], period="2018-06")) == [], "what is there may be said again"
    values = {"signs_outside": "5"}
    edit = edit_record(register=MonthlySheet(), values=values, by=clerk, ref=report.ref, version=1)
    assert edit.has_error
    edit = edit_record(
        register=MonthlySheet(), values=values, by=officer, ref=report.ref, version=1, locked_reason="街道更正"
    )
    assert not edit.has_error and numbers_of(report) == {"signs_outside": 5}
    assert "街道更正" in ChangeSet.objects.latest("pk").summary
    assert MonthlySheet().months_written(
        {"communities.monthlycount": list(report.counts.values_list("pk", flat=True))}
    ) == {datetime.date(2018, 5, 1)}


def test_an_upload_is_logged_and_undone(send: Send, clerk: User, place: Place):
    report = make_monthly_report(place.communities[0], signs_outside=3)
    count = report.counts.get()
    send("monthly", clerk, [monthly_row(室外牌子=2), monthly_row("东关社区")], period="2018-06", commit="all")
    logged = ChangeRecord.objects.filter(model="communities.monthlycount", object_id=count.pk)
    assert [(record.before, record.after) for record in logged] == [({"number": 3}, {"number": 2})]
    batch = UploadBatch.objects.get()
    actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    undone = actions.undo_batch(batch)
    assert (undone.state, undone.undo_failed) == ("undone", 0), undone.message
    assert list(MonthlyReport.objects.all()) == [report]
    assert numbers_of(report) == {"signs_outside": 3}


def test_an_edit_is_taken_back(clerk: User, place: Place):
    report = make_monthly_report(place.communities[0], signs_outside=3)
    edit = edit_record(register=MonthlySheet(), values={"meetings": "4"}, by=clerk, ref=report.ref, version=1)
    assert edit.change_set is not None and numbers_of(report) == {"signs_outside": 3, "meetings": 4}
    ref = edit.change_set.ref
    undo_changes(ref=ref, by=clerk, seen=find_undoing(ref=ref, by=clerk).reversible)
    assert numbers_of(report) == {"signs_outside": 3}


# --- The template ---


def template_of(user: User, month: str = "2018-06") -> Any:
    data = write_template(MonthlySheet(), division=user.division, period=make_period(month), by=user, filled=True)
    page = load_workbook(io.BytesIO(data)).worksheets[0]
    fields = [column.field for column in MonthlySheet.columns]
    rows = [dict(zip(fields, row, strict=True)) for row in page.iter_rows(min_row=4, values_only=True)]
    return data, [row for row in rows if row["community_name"]]


def test_the_template_has_a_row_a_community_with_the_newest_numbers(clerk: User, place: Place):
    make_monthly_report(place.communities[0], "2017-12", signs_outside=9, meetings=8)
    make_monthly_report(place.communities[0], "2018-03", signs_outside=5, meetings=7)
    here = make_monthly_report(place.communities[1], "2018-06", signs_outside=2)
    make_monthly_report(place.communities[1], "2018-07", signs_outside=1)
    _, rows = template_of(clerk)
    assert [row["community_code"] for row in rows] == [
        each.code for each in (*place.communities, *place.other_communities)
    ]
    first, second, third, *_ = rows
    assert (first["ref"], first["month"], first["signs_outside"], first["meetings"]) == (None, "2018年6月", 5, 7)
    assert (second["ref"], second["signs_outside"]) == (here.ref, 2), "not the numbers of a later month"
    assert [third[kind] for kind in COUNTS] == [None] * 7


def test_an_unchanged_template_says_that_the_numbers_hold_and_then_nothing_new(
    clerk: User, place: Place, period: ReportingPeriod
):
    make_monthly_report(place.communities[0], "2018-03", signs_outside=5, meetings=7)
    data, _ = template_of(clerk)
    for new in (1, 0):
        batch = actions.receive_file(
            file=[data], file_name=f"月报{new}.xlsx", register="monthly", by=clerk, period=period, queue=False
        )
        batch = actions.check_batch(batch)
        assert (batch.errors, batch.new, batch.changed, batch.problems) == (0, new, 0, [])
        if new:
            actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
            batch.refresh_from_db()
            assert actions.commit_batch(batch).state == "committed"
        data, _ = template_of(clerk)
    report = MonthlyReport.objects.get(month=JUNE)
    assert numbers_of(report) == {"signs_outside": 5, "meetings": 7}


def test_the_register_is_no_part_of_what_every_office_brings_in():
    assert register_named("monthly") in registers()
    assert register_named("monthly") not in needed_registers()
    assert [each.name for each in needed_registers()][:5] == [
        "communities", "facilities", "organizations", "workers", "projects",
    ]  # fmt: skip


# --- Changes of divisions ---


def test_a_closed_community_keeps_its_reports_and_gets_no_row(place: Place, admin: User, other_clerk: User):
    gone, stays = place.villages
    reports = [make_monthly_report(each, "2018-05", meetings=4) for each in (gone, stays)]
    DivisionChange.objects.create(
        kind="merge", level="village", effective_on=datetime.date(2018, 6, 15), source="演示",
        from_code=gone.code, from_name=gone.name, to_code=stays.code, to_name=stays.name,
    )  # fmt: skip
    apply_division_changes(by=admin)
    assert [each.community for each in MonthlyReport.objects.visible_to(other_clerk).order_by("pk")] == [gone, stays]
    assert {row["community_id"] for row in MEETINGS.rows(datetime.date(2018, 5, 1), datetime.date(2018, 5, 31))} == {
        gone.pk,
        stays.pk,
    }
    _, rows = template_of(other_clerk)
    assert [(row["community_code"], row["meetings"]) for row in rows] == [(stays.code, 4)]
    assert [record["ref"] for record in MonthlySheet().records(other_clerk.division.path)] == [reports[1].ref]


def test_a_community_goes_to_another_county_with_its_reports(place: Place, admin: User, clerk: User):
    report = make_monthly_report(place.communities[0])
    change("rename", place.county, "140402", "改名区")
    apply_division_changes(by=admin)
    clerk.refresh_from_db()
    assert list(MonthlyReport.objects.visible_to(clerk)) == [report]
    assert template_of(clerk)[1][0]["county"] == "改名区"


# --- Quality ---


def found(clerk: User, place: Place) -> dict[str, list[str]]:
    findings = findings_for(period=make_period(), division=place.county, user=clerk)
    codes: dict[str, list[str]] = {}
    for each in findings:
        codes.setdefault(each.rule.code, []).append(each.message)
    return codes


def test_jumps_and_many_signs_outside_are_found(clerk: User, place: Place):
    first, second, third = place.communities
    make_monthly_report(first, "2018-03", certificates=10, ledgers=30, meetings=0, leaders=100)
    make_monthly_report(first, certificates=60, ledgers=6, meetings=60, leaders=499)
    make_monthly_report(second, "2018-03", meetings=1)
    make_monthly_report(second, meetings=6)
    make_monthly_report(third, signs_outside=11)
    make_monthly_report(first, "2018-07", certificates=1_000)
    codes = found(clerk, place)
    assert sorted(codes["monthly_count_jumped"]) == [
        "出具证明（件）60，上次填的是10，相差5倍以上，请核对。",
        "台账报表6，上次填的是30，相差5倍以上，请核对。",
    ]
    [signs] = codes["too_many_signs_outside"]
    assert signs.startswith("室外牌子11块，超过10块")
