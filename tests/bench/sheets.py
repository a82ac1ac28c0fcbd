"""Uploading each register of the paper's other systems beside facilities, with as many rows. Invented rows, 演示数据."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db import connection

from accounts.models import Department, Role, User
from communities.models import Community, Division, Facility, MonthlyReport, ServicePoint
from participation.models import Activity, Survey, SurveyCount
from participation.questions import SATISFACTION_QUESTIONS
from practice.models import Document
from services.models import CatalogueItem, Payment
from socialworkers.models import Training
from tests.bench.uploads import one_upload
from workload.models import Assessment, WorkItem

ROWS = 3_500
TIMES = 3
Row = Mapping[str, Any]


def _place(community: Community) -> dict[str, str]:
    return {
        "县（市、区）": community.town.parent.name,
        "街道（乡镇）": community.town.name,
        "社区名称": community.name,
        "社区代码": community.code,
    }


def _facility(number: int, community: Community) -> Row:
    return _place(community) | {
        "设施名称": f"演示设施{number}", "设施类型": "综合服务设施", "建筑面积（㎡）": 100 + number % 700, "建设方式": "筹资新建",
        "党员活动中心": "是", "启用日期": f"201{number % 8}-0{number % 9 + 1}-1{number % 9}",
    }  # fmt: skip


def _point(number: int, community: Community) -> Row:
    return _place(community) | {
        "名称": f"演示站点{number}", "功能": "一站式服务窗口", "窗口数": number % 9, "全科受理": "是", "社工岗位数": number % 4,
        "启用日期": f"201{number % 8}-0{number % 9 + 1}-1{number % 9}",
    }  # fmt: skip


def _monthly(number: int, community: Community) -> Row:
    return _place(community) | {
        "月份": "2018-06", "室外牌子": number % 5, "室内牌子": number % 7, "台账报表": number % 20, "参加会议（次）": number % 9,
        "接受检查考评（次）": number % 4, "出具证明（件）": number % 50, "居民骨干": number % 30,
    }  # fmt: skip


def _assessment(number: int, community: Community) -> Row:
    return _place(community) | {"年度": 2018, "工作得分": 60 + number % 40}


def _work_item(number: int, community: Community) -> Row:
    return {
        "编号": f"演示-{number}", "名称": f"演示事项{number}", "类别": "工作事项", "清单": "协助",
        "县（市、区）": community.town.parent.name, "提出部门": "演示局", "依据": "演示文件", "居（村）委会角色": "协助", "适用": "全部",
        "起": "2018-01-01", "每社区年经费（元）": 800, "拨付方式": "财政拨付", "人员设备培训": "培训一次",
    }  # fmt: skip


def _survey(number: int, community: Community) -> Row:
    return _place(community) | {
        "调查": "演示调查", "题目": SATISFACTION_QUESTIONS[0], "发放": 60, "非常满意": number % 20, "满意": number % 17,
        "基本满意": number % 9, "不满意": number % 5, "非常不满意": number % 3, "不了解": number % 4,
    }  # fmt: skip


def _activity(number: int, community: Community) -> Row:
    return _place(community) | {
        "活动日期": f"2018-0{number % 6 + 1}-1{number % 9}", "活动名称": f"演示活动{number}", "活动类型": "邻里互助",
        "参加人数": 100 + number % 90, "帮扶户数": number % 7, "志愿者人数": 1 + number % 20, "志愿服务时长（小时）": number % 40 / 2,
    }  # fmt: skip


def _document(number: int, community: Community) -> Row:
    return _place(community) | {
        "类别": "社区发展规划", "文号": f"演示〔2018〕{number}号", "标题": f"演示规划{number}", "印发日期": "2018-03-01",
    }  # fmt: skip


def _training(number: int, community: Community) -> Row:
    return {
        "编号": f"演示培训-{number}", "名称": f"演示培训{number}", "培训类型": "继续教育", "开始日期": "2018-03-01",
        "结束日期": "2018-03-02", "学时": 8 + number % 20, "县（市、区）": community.town.parent.name, "服务人员": number % 30,
    }  # fmt: skip


def _catalogue(number: int, community: Community) -> Row:
    return {
        "清单编号": f"演示-{number}", "服务事项": f"演示服务{number}", "县（市、区）": community.town.parent.name,
        "服务领域": "社区文化", "目录代码": f"A{number}", "优先社会组织": "是", "起": "2018-01-01",
    }  # fmt: skip


def _payment(number: int, community: Community) -> Row:
    return _place(community) | {
        "凭证号": f"演示PZ-{number}", "支付日期": f"2018-0{number % 6 + 1}-1{number % 9}", "金额（元）": 1000 + number + 0.25,
        "资金来源": "福彩公益金", "用途": "活动", "出资方": "县财政",
    }  # fmt: skip


SHEETS: Mapping[str, tuple[type[Any], Callable[[int, Community], Row]]] = {
    "facilities": (Facility, _facility),
    "points": (ServicePoint, _point),
    "monthly": (MonthlyReport, _monthly),
    "work_items": (WorkItem, _work_item),
    "assessments": (Assessment, _assessment),
    "surveys": (SurveyCount, _survey),
    "activities": (Activity, _activity),
    "documents": (Document, _document),
    "trainings": (Training, _training),
    "catalogue": (CatalogueItem, _catalogue),
    "payments": (Payment, _payment),
}


def run() -> None:
    """Print rows per second of each register, and its ratio to facilities: the median of runs in turn."""
    city = Division.objects.by_code("140400")
    user = User.objects.filter(username="bench_officer").first() or User(username="bench_officer")
    user.role, user.division, user.must_change_password = Role.BUREAU_OFFICER, city, False
    user.save()
    for county in Division.objects.counties().current():
        Department.objects.get_or_create(division=county, name="演示局")
    Survey.objects.get_or_create(
        division=city, name="演示调查",
        defaults={"kind": "satisfaction", "starts_on": "2018-05-01", "ends_on": "2018-06-15", "state": "collecting"},
    )  # fmt: skip
    print(f"== sheets: {ROWS:,} new rows of each register, {connection.vendor}")
    taken: dict[str, list[float]] = {name: [] for name in SHEETS}
    with tempfile.TemporaryDirectory() as folder:
        for time in range(TIMES):
            for name, (model, row) in SHEETS.items():
                # Another file each time: what one said is known already.
                file = _write(Path(folder) / f"{name}-{time}.xlsx", row, first=time * ROWS)
                model._base_manager.all().delete()
                with connection.cursor() as cursor:
                    cursor.execute("ANALYZE")
                done = one_upload(file, name)
                assert done["new"] == ROWS, (name, done)
                taken[name].append(ROWS / done["seconds"])
    speeds = {name: statistics.median(runs) for name, runs in taken.items()}
    for name, speed in speeds.items():
        print(f"{name:<15} {speed:>9,.0f} rows/s   {speed / speeds['facilities']:.2f} ×   (asked: ≥ 0.8)")


def _write(path: Path, row: Callable[[int, Community], Row], *, first: int) -> Path:
    """Write a workbook with a row for each of the first communities, numbered from `first`."""
    communities = list(Community.objects.filter(is_virtual=False).select_related("town__parent")[:ROWS])
    rows = [row(number, community) for number, community in enumerate(communities, start=first)]
    assert len(rows) == ROWS, len(rows)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("演示数据")
        sheet.write_row(0, 0, list(rows[0]))
        for line, each in enumerate(rows, start=1):
            sheet.write_row(line, 0, list(each.values()))
    return path
