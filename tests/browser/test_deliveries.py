"""The pages of delivery in a browser: every state of a mail, the recipients, the settings; no obstacles, wide and narrow."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from reports.jobs import UNCONFIRMED
from reports.models import BriefingDelivery, BriefingSettings
from tests.browser.axe import bring_axe_into, obstacles_in
from tests.browser.conftest import DESK, TELEPHONE
from tests.factories import Place, make_user
from tests.reports.deliveries import issue_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]
State = BriefingDelivery.State


def test_the_pages_of_delivery_have_no_obstacles_wide_and_narrow(
    place: Place,
    administrator: User,
    one_screen: tuple[Page, Callable[[User], Client]],
    settings: Any,
    tmp_path: Any,
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    now = timezone.now()
    handed = {"handed_at": now}
    states = {
        State.SENT: {**handed, "sent_at": now, "read_at": now},
        State.NONE: {},
        State.WAITING: {
            "message": "连不上邮件服务器，请联系系统管理员（ConnectionRefusedError）。",
            "heartbeat_at": now,
        },
        State.FAILED: {"message": "收件地址被拒收，请核对邮箱后重新发送（550）。", "reminded_at": now},
        State.UNCONFIRMED: {**handed, "message": UNCONFIRMED},
    }
    users = [
        make_user(Role.LEADER, place.city, full_name=f"{name}演示", email=f"leader{number}@example.com")
        for number, name in enumerate("王李张刘陈")
    ]
    issued = issue_to(place.city, *users)
    for user, (state, values) in zip(users, states.items(), strict=True):
        BriefingDelivery.objects.filter(user=user).update(state=state, **values)
    BriefingSettings.objects.create(division=place.city, publication_day=5, publishes_since=datetime.date(2018, 7, 1))
    doubtful = BriefingDelivery.objects.get(state=State.UNCONFIRMED)
    page, take_session = one_screen
    bring_axe_into(page)
    obstacles = []
    for user, addresses in (
        (
            administrator,
            {
                "an issue with deliveries": reverse("reports:briefing", args=[issued.ref]),
                "sending again": reverse("reports:send_briefing_again", args=[issued.ref, doubtful.ref]),
                "recipients": reverse("reports:edit_briefing_recipients", args=[place.city.ref]),
                "settings": reverse("reports:edit_briefing_settings", args=[place.city.ref]),
                "all settings": reverse("reports:briefing_settings"),
            },
        ),
        (users[1], {"a leader's home": reverse("home")}),
    ):
        take_session(user)
        for name, address in addresses.items():
            for size in (DESK, TELEPHONE):
                page.set_viewport_size(size)
                page.goto(address)
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= size["width"], f"{name} is {width} px wide on {size['width']} px"
                obstacles += obstacles_in(page, f"{name}, {size['width']} px")
    assert not obstacles, "\n".join(map(str, obstacles))
    take_session(administrator)
    page.set_viewport_size(DESK)
    page.goto(reverse("reports:briefing", args=[issued.ref]))
    page.get_by_role("link", name="重新发送：陈演示").click()
    expect(page.get_by_text("不然会收到两封")).to_be_visible()
    page.get_by_role("button", name="重新发送").click()
    expect(page.get_by_text("给陈演示的邮件正在重新发送")).to_be_visible()
