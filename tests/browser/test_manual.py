"""The pictures of the manual, taken by walking through its tasks in the demo: `make manual` (not part of the suite).

The clock stands still and the demo is invented from fixed seeds, so the same code gives the same pictures.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from changzhi_portal.pages.manual import FOLDER
from communities.models import Community
from demo.accounts import ADMINISTRATOR
from periods.models import ReportingPeriod
from reports.models import Briefing
from submissions.actions import change_dates
from submissions.models import Submission
from tests.factories import PASSWORD, make_organization

pytestmark = [pytest.mark.manual, pytest.mark.django_db(transaction=True), pytest.mark.one_database]

# Two days before the month in hand is due; the merger of 2018-11-23 is past.
NOW = datetime.datetime(2019, 1, 3, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
FIRST, LAST, ARREARS = "2018-07", "2018-12", "2018-11"
DUE_ON, LATE_UNTIL = datetime.date(2019, 1, 5), datetime.date(2019, 1, 15)
SCREEN = {"width": 1366, "height": 900}
MOST_BYTES = 60_000
MARGIN = 12  # pixels around what is cut out
# Chromium writes these controls in the language of the machine; the offices' browsers write them so.
IN_CHINESE = """() => {
    for (const input of document.querySelectorAll("input[type=date]")) {
        const day = input.value;
        input.type = "text";
        input.value = day.replaceAll("-", "/");
        input.placeholder = "年/月/日";
    }
    for (const input of document.querySelectorAll("input[type=file]")) {
        const shown = document.createElement("div");
        shown.className = input.className;
        shown.innerHTML = '<button class="btn" type="button">选择文件</button> 未选择任何文件';
        input.replaceWith(shown);
    }
}"""
DESTINATION = settings.BASE_DIR / FOLDER / "pictures"


@dataclass
class Photographer:
    """Takes the part of a page that matters, as wide as its content."""

    folder: Path

    def take(self, page: Page, name: str, *, height: int = 560, start: Locator | None = None) -> None:
        """Write a picture of the page's content from its top, or from `start`, that is at most `height` pixels high."""
        page.wait_for_load_state("networkidle")
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement?.blur(); document.fonts.ready")
        page.evaluate(IN_CHINESE)
        content = page.locator("main").bounding_box()
        top = (start or page.locator("main")).bounding_box()
        assert content is not None and top is not None
        y = page.evaluate("scrollY") + top["y"] - (MARGIN if start else 0)
        bottom = min(y + height, page.evaluate("scrollY") + content["y"] + content["height"])
        clip = {"x": content["x"], "y": y, "width": content["width"], "height": bottom - y}
        data = page.screenshot(clip=clip, full_page=True, animations="disabled", scale="css")
        (self.folder / f"{name}.png").write_bytes(reduced(data))


def reduced(data: bytes) -> bytes:
    """Return a PNG with as few colours as make it small enough."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    for colours in (128, 64, 32, 16):
        written = io.BytesIO()
        image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            written, "PNG", optimize=True
        )
        if written.tell() <= MOST_BYTES:
            return written.getvalue()
    raise AssertionError("The picture is too large: cut out less of the page.")


Enter = Callable[..., Page]


@pytest.fixture
def demo(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fill the database with half a year of the demo, and return the folder of its workbooks for the month in hand."""
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    settings.DEMO = False  # the command sets it; pytest-django resets it
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    call_command("demo", first=FIRST, last=LAST)
    in_hand = ReportingPeriod.objects.get(month=f"{LAST}-01")
    change_dates(
        period=in_hand, by=user(ADMINISTRATOR), opens_on=in_hand.opens_on, due_on=DUE_ON, late_until=LATE_UNTIL
    )
    User.objects.update(password=make_password(PASSWORD))
    return tmp_path / "demo" / "workbooks" / LAST


@pytest.mark.timeout(1_800)
def test_pictures_of_the_manual_are_taken(demo, eager_tasks, enter, tmp_path):
    taken = tmp_path / "pictures"
    taken.mkdir()
    photographer = Photographer(taken)
    for walk in (county_clerk, upload, records, street_clerk, report, officer, progress, administrator, auditor):
        walk(lambda username, path="/": enter(user(username), path, screen=SCREEN), photographer, demo)
    DESTINATION.mkdir(exist_ok=True)
    for old in DESTINATION.glob("*.png"):
        old.unlink()
    for new in sorted(taken.glob("*.png")):
        (DESTINATION / new.name).write_bytes(new.read_bytes())


def user(username: str) -> User:
    return User.objects.select_related("division").get(username=username)


def county_clerk(enter: Enter, photographer: Photographer, demo: Path) -> None:
    page = enter("demo_chengqu")
    photographer.take(page, "home_clerk", height=620)
    page.get_by_role("searchbox").first.fill("潞州区 太行")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="搜索")).to_be_visible()
    photographer.take(page, "search", height=520)


def upload(enter: Enter, photographer: Photographer, demo: Path) -> None:
    """Upload a workbook with a word for a number."""
    page = enter("demo_chengqu", "/uploads/new/")
    photographer.take(page, "upload", height=900)
    page.reload()
    page.get_by_label("文件").first.set_input_files(with_a_mistake(demo / f"演示数据_潞州区_社会组织_{LAST}.xlsx"))
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_text("下载标出问题的表格")).to_be_visible(timeout=60_000)
    photographer.take(page, "check", height=760)
    page.get_by_role("link", name="改这一行").first.click()
    photographer.take(page, "correct", height=620)


def with_a_mistake(path: Path) -> Path:
    book = openpyxl.load_workbook(path)
    sheet = book.active
    heading = next(row for row in sheet.iter_rows() if any(cell.value == "成员数（人）" for cell in row))
    column = next(cell.column for cell in heading if cell.value == "成员数（人）")
    sheet.cell(heading[0].row + 1, column).value = "二十多"
    wrong = path.with_name(path.name.replace("社会组织", "社会组织（待改）"))
    book.save(wrong)
    return wrong


def records(enter: Enter, photographer: Photographer, demo: Path) -> None:
    page = enter("demo_chengqu", "/communities/?target=urban_facility_area&verdict=unmet")
    photographer.take(page, "list", height=640)
    community = Community.objects.filter(name__startswith="和平", town__parent__name="潞州区").order_by("code")[0]
    page.goto(community.get_absolute_url())
    photographer.take(page, "community", height=620)
    page.goto("/organizations/")
    page.locator("tbody").get_by_role("link").first.click()
    page.get_by_role("link", name="修改", exact=True).click()
    photographer.take(page, "edit", height=640)
    page.goto("/organizations/")
    page.get_by_role("checkbox", name="选择").first.check()  # of the heading: the whole page
    page.get_by_label("批量修改勾选的记录").select_option("类别")
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("类别改为").select_option("公益慈善类")
    page.get_by_label("修改的原因").fill("按新的分类口径统一调整")
    page.get_by_role("button", name="看看会改什么").click()
    photographer.take(page, "bulk", height=620)
    make_organization(community, "演示书画社", phone="19900001111")
    make_organization(community.town, "演示书画社", phone="19900002222")
    page.goto("/registers/organizations/duplicates/")
    page.get_by_role("link", name="比较“演示书画社”和“演示书画社”").click()
    photographer.take(page, "merge", height=680)


def street_clerk(enter: Enter, photographer: Photographer, demo: Path) -> None:
    page = enter("demo_street")
    photographer.take(page, "home_street", height=520)
    page.goto("/monthly/")
    photographer.take(page, "entry_list", height=520)
    page.locator("tbody").get_by_role("link").first.click()
    photographer.take(page, "entry", height=700)


def report(enter: Enter, photographer: Photographer, demo: Path) -> None:
    """Show the returned report of 屯留区 as its clerk sees it, and print its form."""
    page = enter("demo_tunliu", f"/submissions/{submission('屯留区').ref}/")
    photographer.take(page, "report", height=900)
    page.goto(f"/report-forms/{submission('屯留区').ref}/")
    photographer.take(page, "form", height=760)


def submission(county: str) -> Submission:
    return Submission.objects.get(period__month=f"{LAST}-01", county__name=county)


def officer(enter: Enter, photographer: Photographer, demo: Path) -> None:
    page = enter("demo_officer")
    photographer.take(page, "home_officer", height=720)
    page.goto(f"/submissions/{submission('上党区').ref}/")
    photographer.take(page, "review", height=760)
    page.goto(f"/submissions/remind/{LAST}/")
    photographer.take(page, "remind", height=520)
    page.goto("/quality/")
    photographer.take(page, "quality", height=620)
    page.goto("/periods/")
    photographer.take(page, "periods", height=420)


def progress(enter: Enter, photographer: Photographer, demo: Path) -> None:
    page = enter("demo_leader", f"/dashboard/?period={ARREARS}")
    photographer.take(page, "dashboard", height=420)
    page.goto(f"/dashboard/?period={ARREARS}&target=rural_professionals")
    photographer.take(page, "target", height=640, start=page.locator(".target-cards"))
    page.goto(f"/matrix/?period={ARREARS}")
    photographer.take(page, "matrix", height=640)
    page.goto("/compare/")
    photographer.take(page, "compare", height=640)
    page.goto(f"/results/?period={ARREARS}&target=urban_facility_area&verdict=unmet")
    photographer.take(page, "results", height=560)
    briefing = Briefing.objects.get(period__month=f"{ARREARS}-01", division__level="city")
    page.goto(f"/briefings/{briefing.ref}/")
    photographer.take(page, "briefing", height=700)


def administrator(enter: Enter, photographer: Photographer, demo: Path) -> None:
    page = enter("demo_admin", "/accounts/division-changes/new/")
    page.get_by_role("textbox", name="查找", exact=True).fill("古韩镇")
    page.get_by_role("button", name="查找、更新所选").click()
    for village in ("西垴头村委会", "栗家岭村委会"):
        page.get_by_role("checkbox", name=village).check()
    page.get_by_role("button", name="查找、更新所选").click()
    photographer.take(page, "change", height=720)


def auditor(enter: Enter, photographer: Photographer, demo: Path) -> None:
    community = Community.objects.filter(name__startswith="和平", town__parent__name="潞州区").order_by("code")[0]
    page = enter("demo_auditor", community.get_absolute_url())
    photographer.take(page, "history", height=420, start=page.get_by_role("heading", name="变更记录"))
    page.goto("/audit/trail/")
    photographer.take(page, "audit_trail", height=640)
