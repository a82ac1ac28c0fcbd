"""A real browser (the headless shell of Debian's Chromium) for tests of the pages."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from accounts.models import User
from targets.actions import compute_period
from tests.factories import (
    PASSWORD,
    Place,
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_project,
    make_worker,
)

# The headless shell is the same engine without the window that nobody sees: tests take two thirds of the time.
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium-headless-shell"
# What Playwright gives a Chromium that it starts itself, as far as it matters to these tests: no first steps, nothing that
# runs in the background or asks the network, no timers that slow down, a mouse, and colours that are alike everywhere.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-startup-window",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-search-engine-choice-screen",
    "--disable-field-trial-config",
    "--disable-breakpad",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-back-forward-cache",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--allow-pre-commit-input",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PaintHolding,MediaRouter,OptimizationHints,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose",
    "--force-color-profile=srgb",
    "--password-store=basic",
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
    "--remote-debugging-port=0",  # a free one, which Chromium writes into its folder
)
STARTED_WITHIN = 60  # seconds
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


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start one Chromium for all tests of a worker, which takes longer than most pages, and return its address."""
    if not (settings.BASE_DIR / "static/vendor/tabler/tabler.min.css").exists():
        pytest.skip("NOT CHECKED: static/vendor is missing; run make setup")
    folder = tmp_path_factory.mktemp("chromium")
    with (folder / "messages").open("wb") as messages:
        command = [CHROMIUM, *ARGUMENTS, f"--user-data-dir={folder}"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=messages, stderr=messages)
    try:
        yield _address_of(process, folder)
    finally:
        process.terminate()
        process.wait(timeout=STARTED_WITHIN)


def _address_of(process: subprocess.Popen[bytes], folder: Path) -> str:
    """Return where a Chromium that has just been started can be reached; fails with its messages if it does not start."""
    port, given_up_at = folder / "DevToolsActivePort", time.monotonic() + STARTED_WITHIN
    while process.poll() is None and time.monotonic() < given_up_at:
        lines = port.read_text().splitlines() if port.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise RuntimeError(f"Chromium has not started: {(folder / 'messages').read_text(errors='replace')[-2_000:]}")


@pytest.fixture
def browser(chromium, db, monkeypatch) -> Iterator[Browser]:
    """Connect to Chromium for one test, because Playwright's event loop must not outlive it.

    Whatever a test opens is closed with the connection; each visitor has cookies and caches of its own.
    """
    # Playwright's event loop runs in this thread, where Django would refuse every query.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        connected = playwright.chromium.connect_over_cdp(chromium)
        yield connected
        connected.close()
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


@pytest.fixture
def filled(place: Place, clerk: User) -> User:
    """Create a record in every register for each community of a street, measure June 2018, and return the county's clerk."""
    for community in place.communities:
        make_profile(community, residents=3_500)
        make_organization(community)
        make_worker(community)
        make_facility(community, area=420)
    make_project(place.county, *place.communities)
    compute_period(make_period())
    return clerk


@pytest.fixture
def one_screen(visit, live_server) -> tuple[Page, Callable[[User | None], Client]]:
    """Return a page for several users, and a function that signs one in there and in the client that it returns.

    None is nobody. Signing in through the sign-in page takes longer than looking at most pages.
    """
    page = visit("/accounts/login/")

    def take_session(user: User | None) -> Client:
        client = Client()
        # A page that asks again and again would ask as the next user, who may be forbidden to see it.
        page.goto("about:blank")
        page.context.clear_cookies()
        if user is not None:
            client.force_login(user)
            page.context.add_cookies(
                [{"name": name, "value": each.value, "url": live_server.url} for name, each in client.cookies.items()]
            )
        return client

    return page, take_session
