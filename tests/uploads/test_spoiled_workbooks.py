"""Tests with hundreds of damaged workbooks through the pages: no crash, no server error, nothing half written.

`SPOILED_WORKBOOKS=200 pytest tests/uploads/test_spoiled_workbooks.py` tests 200 of each register; by default a few.
"""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.models import ChangeRecord, ChangeSet, TrailRecord
from communities.models import Community, CommunityProfile, Facility, GovernanceBody
from orgs.models import SocialOrganization
from services.models import ServiceProject
from socialworkers.models import Posting, SocialWorker
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import Place, make_period
from tests.orgs.test_sheets import row as organization_row
from tests.services.test_sheets import row as project_row
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads import workbooks
from uploads import actions
from uploads.models import UploadBatch

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.one_database]
MANY = int(os.environ.get("SPOILED_WORKBOOKS", "10"))
State = UploadBatch.State
REGISTERED = (
    Community,
    CommunityProfile,
    GovernanceBody,
    Facility,
    SocialOrganization,
    SocialWorker,
    Posting,
    ServiceProject,
)
# Contents that a cell may have by a typing error.
SLIPS = (
    "", "0", "-1", "1e400", "约520", "500-600", "２０１８年６月", "2018-13-45", "是", "同上", "〃", "清空", "合计", "=1/0", "#REF!",
    "9" * 400, "140402199003070017", "14040X", "19900001234、0355-1234567", "虒亭峧", "\u3000", "a\x0bb", "𠮷村", "none",
    "999999999999999999999", "0001-01-01", "1899-12-31", "null", "'", "%s", "<b>", "无", "—", "TRUE",
)  # fmt: skip
ROWS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "communities": lambda: [community_row(), community_row("东关社区"), community_row("东街社区")],
    "facilities": lambda: [facility_row(), facility_row("东关社区"), facility_row() | {"设施名称": "老年活动室"}],
    "organizations": lambda: [organization_row(), organization_row("演示合唱团"), organization_row("演示棋牌社")],
    "workers": lambda: [worker_row("和平社区"), worker_row("东关社区")],
    "projects": lambda: [project_row(), project_row("YS002"), project_row("YS003")],
}


def table_of(register: str) -> list[list[Any]]:
    rows = ROWS[register]()
    return [
        ["附件：情况表（2018年6月）（演示数据）"],
        list(rows[0]),
        *[[row.get(name, "") for name in rows[0]] for row in rows],
    ]


def slipped(table: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    """Return the table with cells swapped or overwritten, rows cut, doubled or shuffled, headers damaged."""
    table = [list(row) for row in table]
    for _ in range(chance.choice([1, 1, 2, 6])):
        row, other = chance.randrange(len(table)), chance.randrange(len(table))
        way = chance.choice(["slip", "slip", "slip", "swap", "cut", "double", "shorten", "shuffle", "header"])
        if way == "slip" and table[row]:
            table[row][chance.randrange(len(table[row]))] = chance.choice(SLIPS)
        elif way == "swap" and table[row] and table[other]:
            left, right = chance.randrange(len(table[row])), chance.randrange(len(table[other]))
            table[row][left], table[other][right] = table[other][right], table[row][left]
        elif way == "cut" and len(table) > 1:
            del table[row]
        elif way == "double":
            table.insert(row, list(table[other]))
        elif way == "shorten":
            table[row] = table[row][: chance.randrange(len(table[row]) + 1)]
        elif way == "shuffle":
            chance.shuffle(table)
        elif way == "header" and len(table) > 1 and table[1]:
            table[1][chance.randrange(len(table[1]))] = chance.choice([*SLIPS, *map(str, table[1])])
    return table


def with_broken_bytes(content: bytes, chance: random.Random) -> bytes:
    """Return the bytes flipped, cut or doubled: in the file itself or, for a zip, inside one of its parts."""
    if content[:2] == b"PK" and chance.random() < 0.6:
        parts = zipfile.ZipFile(io.BytesIO(content))
        names = parts.namelist()
        spoiled = chance.choice(
            [name for name in names if "sheet" in name.lower() or "shared" in name.lower()] or names
        )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again:
            for name in names:
                part = parts.read(name)
                again.writestr(name, broken(part, chance) if name == spoiled else part)
        return out.getvalue()
    return broken(content, chance)


def broken(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return b"\x00"
    at, length = chance.randrange(len(content)), chance.randrange(1, 200)
    way = chance.choice(["flip", "flip", "cut", "drop", "double"])
    if way == "cut":
        return content[:at]
    if way == "drop":
        return content[:at] + content[at + length :]
    if way == "double":
        return content[:at] + content[at : at + length] + content[at:]
    changed = bytearray(content)
    for _ in range(chance.choice([1, 4, 30])):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def spoiled_workbook(register: str, chance: random.Random, folder: Path) -> tuple[str, bytes]:
    """Return a file's name and content: a table with errors, in one of the formats, some of them with damaged bytes."""
    table = slipped(table_of(register), chance)
    kind = chance.choice(["xlsx", "xlsx", "xls", "ods", "csv", "html"])
    if kind == "csv":
        content = "\n".join(",".join(map(str, row)) for row in table).encode(
            chance.choice(["gb18030", "utf-8-sig", "utf-16"])
        )
    elif kind == "html":
        content = workbooks.make_html(table)
    else:
        maker = {"xlsx": workbooks.make_xlsx, "xls": workbooks.make_xls, "ods": workbooks.make_ods}[kind]
        path = folder / f"book.{kind}"
        try:
            maker(path, {"Sheet1": table})  # type: ignore[operator]
        except (ValueError, OverflowError):  # the writer refuses the value
            return "book.csv", repr(table).encode()
        content = path.read_bytes()
    if chance.random() < 0.3:
        content = with_broken_bytes(content, chance)
    return f"book.{chance.choice([kind, kind, 'xls', 'xlsx'])}", content


def counted() -> dict[str, int]:
    return {model._meta.label: model.objects.count() for model in REGISTERED}


@pytest.mark.parametrize("register", ROWS)
def test_a_spoiled_workbook_is_read_or_refused_and_nothing_is_half_written(
    register: str, tmp_path: Path, clerk: User, place: Place, signed_in: Callable[[User], Client]
) -> None:
    make_period("2018-06")
    browser = signed_in(clerk)
    engine = settings.DATABASES["default"]["ENGINE"]
    ends: dict[str, int] = {}
    for number in range(MANY):
        seed = f"{engine} {register} {number}"
        chance = random.Random(seed)
        name, content = spoiled_workbook(register, chance, tmp_path)
        if not content:
            continue
        before = counted()
        sent = {"register": register, "period": "", "file": SimpleUploadedFile(name, content)}
        answer = browser.post(reverse("uploads:new"), sent)
        assert answer.status_code == 302, f"{seed}: {answer.status_code}"
        batch = UploadBatch.objects.get()
        actions.check_queued_batch(batch.pk)
        batch.refresh_from_db()
        assert batch.state in {State.CHECKED, State.REJECTED}, f"{seed}: {batch.state} {batch.message}"
        assert counted() == before, f"{seed}: checking wrote to a register"
        if batch.state == State.CHECKED and batch.new + batch.changed:
            actions.request_commit(batch=batch, mode="good", by=clerk, queue=False)
            batch.refresh_from_db()
            batch = actions.commit_batch(batch)
            assert batch.state == State.COMMITTED, f"{seed}: {batch.state} {batch.message}"
            made = ChangeRecord.objects.filter(change_set__batch=batch)
            assert made.values("batch_row").distinct().count() == batch.new + batch.changed, seed
            grown = sum(counted().values()) - sum(before.values())
            assert made.filter(kind=ChangeRecord.Kind.CREATED).count() == grown, f"{seed}: more was written than logged"
        for tab in ("", "?tab=errors", "?tab=new", "?tab=absent"):
            page = browser.get(reverse("uploads:batch", args=[batch.ref]) + tab)
            assert page.status_code == 200, f"{seed} {tab}: {page.status_code}"
        ends[batch.state] = ends.get(batch.state, 0) + 1
        forget_everything(batch)
    assert set(ends) >= {State.REJECTED, State.COMMITTED}, f"The slips are too tame or too wild: {ends}"


def forget_everything(batch: UploadBatch) -> None:
    """Delete everything about the batch, so that one file's rows are not the history of another's."""
    TrailRecord.objects.all()._raw_delete("default")  # the model itself refuses
    ChangeSet.objects.all().delete()
    for model in (
        Posting,
        SocialWorker,
        SocialOrganization,
        ServiceProject,
        Facility,
        GovernanceBody,
        CommunityProfile,
    ):
        model.objects.all().delete()
    batch.delete()
