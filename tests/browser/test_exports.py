"""The menu 导出, in a real browser: keyboard, filters that htmx has changed, without scripts, on a telephone; and the progress."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse

from exports.actions import make_export
from exports.models import ListExport
from tests.browser.axe import obstacles_in
from tests.browser.conftest import DESK, TELEPHONE
from tests.exports.files import table_of
from tests.factories import make_organization

pytestmark = [pytest.mark.browser, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def downloaded(page, button: str) -> tuple[str, list[str]]:
    """Press a button of the open menu; return the file's name and the first column of the file."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).press("Enter")
    path = Path(waiting.value.path())
    _, rows = table_of(path.read_bytes(), waiting.value.suggested_filename.rpartition(".")[2])
    return waiting.value.suggested_filename, [row[0] for row in rows]


@pytest.fixture
def organizations(place):
    """Create three organizations in one community."""
    return [make_organization(place.communities[0], f"演示第{number}队") for number in range(3)]


def test_the_menu_exports_what_is_shown_also_after_a_filter_without_a_new_page(organizations, clerk, enter):
    page = enter(clerk, reverse("orgs:list"))
    page.locator("#export-menu summary").press("Enter")
    assert page.get_by_text("看到的全部：3 条").is_visible()
    name, rows = downloaded(page, "CSV 文本")
    assert name.startswith("城区社会组织")
    assert sorted(rows) == [each.name for each in organizations]
    page.locator("#id_q").fill("第1队")
    page.locator("#id_q").blur()  # which asks once more
    page.get_by_text("看到的全部：1 条").wait_for()  # the menu stays open while its content is exchanged
    assert downloaded(page, "Excel 表格")[1] == ["演示第1队"]
    page.locator("summary", has_text="视图").press("Enter")
    assert not page.get_by_text("看到的全部").is_visible(), "one menu closes the other"


@pytest.mark.parametrize("screen", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_the_menu_works_without_scripts_and_fits_the_screen(screen, organizations, clerk, enter):
    page = enter(clerk, reverse("orgs:list") + "?q=第2队", screen=screen, scripts=False)
    page.locator("#export-menu summary").click()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= screen["width"]
    for choice in ("Excel 表格（.xlsx）", "CSV 文本（.csv）", "JSON 数据（.json）"):
        box = page.get_by_role("button", name=choice).bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= screen["width"]
    assert downloaded(page, "JSON 数据")[1] == ["演示第2队"]


def test_a_long_list_shows_its_progress_until_the_file_can_be_downloaded(
    organizations, clerk, enter, settings, tmp_path
):
    settings.EXPORT_ROWS_AT_ONCE, settings.MEDIA_ROOT = 2, tmp_path
    page = enter(clerk, reverse("orgs:list"))
    page.locator("#export-menu summary").click()
    page.get_by_role("button", name="CSV 文本").click()
    page.get_by_role("heading", name="正在排队").wait_for()
    assert obstacles_in(page, "being made") == []
    make_export(ListExport.objects.get().pk)
    page.get_by_role("link", name="下载").wait_for()
    assert obstacles_in(page, "ready") == []
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载").click()
    assert waiting.value.suggested_filename.startswith("城区社会组织")
