"""A workbook of invented organizations, 演示数据, for benchmarks, spread over the whole real city."""

from __future__ import annotations

import itertools
from pathlib import Path

import xlsxwriter
from stdnum.cn import uscc

from communities.models import Community

HEADERS = (
    "统一社会信用代码", "名称", "管理方式", "组织类型", "类别", "县（市、区）", "街道（乡镇）", "社区名称", "社区代码",
    "成立日期", "注销日期", "负责人", "联系电话", "成员人数", "民办社工机构", "枢纽型", "备注",
)  # fmt: skip
WAYS = ("登记", "街道备案", "社区指导")
ACTIVITIES = ("书画社", "合唱团", "志愿服务队", "互助会", "红白理事会", "棋牌协会", "舞蹈队", "调解室")


def write_organizations(path: Path, rows: int, *, start: int = 0, bad: int = 0) -> Path:
    """Write a workbook of `rows` organizations, every third with a valid credit code; `bad` have a wrong date."""
    communities = list(Community.objects.filter(is_virtual=False).select_related("town__parent"))
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("社会组织")
        sheet.write_string(0, 0, "社区社会组织情况表（2018年6月）（演示数据）")
        sheet.write_row(1, 0, HEADERS)
        for line, number in enumerate(range(start, start + rows), start=2):
            community = communities[number % len(communities)]
            way = WAYS[number % 3]
            code = _credit_code(number) if way == "登记" else ""
            day = "不详" if line - 2 < bad else f"201{number % 8}-0{number % 9 + 1}-1{number % 9}"
            short = community.name.removesuffix("村委会").removesuffix("居委会")
            name = f"{short}{ACTIVITIES[number // len(communities) % len(ACTIVITIES)]}{number}"
            sheet.write_row(
                line,
                0,
                (
                    code, name, way, "社会团体" if code else "", "文体活动类", community.town.parent.name,
                    community.town.name, community.name, community.code, day,
                    "", "王演示", f"199{number:08d}", number % 100, "否", "否", "",
                ),
            )  # fmt: skip
    return path


def _credit_code(number: int) -> str:
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    tail = "".join(itertools.islice((digits[number // 31**power % 31] for power in range(9)), 9))
    body = f"51140402{tail}"
    return body + str(uscc.calc_check_digit(body))
