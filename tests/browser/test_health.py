"""The page 运行状况 in a browser: it changes by itself, and neither state of it has obstacles."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from changzhi_portal.celery import Queue
from changzhi_portal.health.report import forget_answers
from changzhi_portal.models import PortalProcess
from tests.browser.axe import bring_axe_into, obstacles_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


def test_the_page_says_by_itself_that_a_worker_is_missing(
    system_admin: User, one_screen: tuple[Page, Callable[[User], Client]], settings: Any
) -> None:
    settings.HEALTH_FREE_BYTES = 0
    now = timezone.now()
    for kind, queues in ((PortalProcess.Kind.WORKER, " ".join(Queue)), (PortalProcess.Kind.BEAT, "")):
        PortalProcess.objects.create(kind=kind, name=f"host {kind}", queues=queues, started_at=now, seen_at=now)
    page, take_session = one_screen
    bring_axe_into(page)
    take_session(system_admin)
    page.clock.install()
    page.goto(reverse("health"))
    expect(page.get_by_role("heading", name="全部正常")).to_be_visible()
    obstacles = obstacles_in(page, "all is well")
    PortalProcess.objects.filter(kind="worker").update(seen_at=now - datetime.timedelta(minutes=5))
    forget_answers()
    page.clock.fast_forward(31_000)
    expect(page.get_by_role("heading", name="有3项不正常")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("有3项不正常")
    expect(page.get_by_text("没有响应", exact=True)).to_be_visible()
    obstacles += obstacles_in(page, "a worker is missing")
    page.goto(reverse("home"))
    page.get_by_role("link", name="运行状况").click()
    expect(page.get_by_role("heading", name="有3项不正常")).to_be_visible()
    assert not obstacles, "\n".join(map(str, obstacles))
