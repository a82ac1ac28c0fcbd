"""A real browser (Debian's Chromium) for tests of the pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from accounts.models import User
from tests.factories import PASSWORD

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
DESK = {"width": 1366, "height": 800}
TELEPHONE = {"width": 390, "height": 844}


@dataclass
class Complaints:
    """Errors that the browser reports, such as script errors and violations of the Content-Security-Policy."""

    messages: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Collect errors and warnings of this page's console."""
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.messages.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.messages.append(f"{message.location.get('url')}: {message.text}")


@pytest.fixture
def browser(db, monkeypatch) -> Iterator[Browser]:
    """Start Chromium for one test, because Playwright's event loop must not outlive it."""
    if not (settings.BASE_DIR / "static/vendor/tabler/tabler.min.css").exists():
        pytest.skip("NOT CHECKED: static/vendor is missing; run make setup")
    # Playwright's event loop runs in this thread, where Django would refuse every query.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()
        # With a running event loop Django opens connections of its own, which nothing else closes.
        connections.close_all()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Collect the errors that the browser reports; the test fails if any are left."""
    collected = Complaints()
    yield collected
    assert collected.messages == []


@pytest.fixture
def visit(browser, live_server, complaints) -> Callable[..., Page]:
    """Return a function that opens a page as a visitor, on a desktop or a telephone, with or without scripts."""

    def open_page(path: str = "/", *, screen: dict[str, int] = DESK, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url, viewport=screen, java_script_enabled=scripts, locale="zh-CN"
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        complaints.listen(page)
        page.goto(path)
        return page

    return open_page


@pytest.fixture
def enter(visit) -> Callable[..., Page]:
    """Return a function that signs a user in through the sign-in page and opens a page."""

    def sign_in(user: User, path: str = "/", **options) -> Page:
        page = visit("/accounts/login/", **options)
        page.get_by_label("用户名").fill(user.username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.get_by_role("navigation", name="主菜单").wait_for()
        if path != "/":
            page.goto(path)
        return page

    return sign_in
