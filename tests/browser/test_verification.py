"""核验简报 in a browser: a visitor with an issue on paper, and one with a file, on a computer and on a telephone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from reports.files import figures_sha256
from reports.genuine import code_of
from reports.stored_figures import to_json
from tests.browser.axe import bring_axe_into, obstacles_in
from tests.browser.conftest import TELEPHONE
from tests.reports.briefings import figures, make_issued

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]

PDF = b"%PDF-1.7 an issue"


def test_a_visitor_checks_a_code_and_a_file(place, visit, tmp_path):
    stored, ref, head = to_json(figures()), "BRVERIFIED001", "1024:0123456789abcdef"
    digest = figures_sha256(stored, {})
    proven = {"ref": ref, "trail_head": head, "figures_sha256": digest, "code": code_of(digest, head, ref, 1)}
    briefing = make_issued(place.city, figures=figures(), pdf=PDF, **proven)
    (tmp_path / "简报.pdf").write_bytes(PDF)
    (tmp_path / "改过.pdf").write_bytes(PDF + b" ")

    page = visit(reverse("reports:verify"))
    bring_axe_into(page)
    obstacles = obstacles_in(page, "the forms")
    page.get_by_label("核验码").fill(briefing.code.lower().replace("-", " "))
    page.get_by_role("button", name="核验", exact=True).click()
    expect(page.get_by_text("现行有效")).to_be_visible()
    obstacles += obstacles_in(page, "the issue")
    page.get_by_label("文件").set_input_files(tmp_path / "简报.pdf")
    page.get_by_role("button", name="核对文件").click()
    expect(page.get_by_text("一个字节也没有改动")).to_be_visible()
    page.get_by_label("文件").set_input_files(tmp_path / "改过.pdf")
    page.get_by_role("button", name="核对文件").click()
    expect(page.get_by_text("都不一致")).to_be_visible()
    obstacles += obstacles_in(page, "another file")
    page.set_viewport_size(TELEPHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "nothing is cut off or scrolls sideways"
    )
    assert page.context.cookies() == []
    assert not obstacles, "\n".join(map(str, obstacles))
