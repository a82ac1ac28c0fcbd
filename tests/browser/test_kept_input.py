"""What is typed into a form when the session ends, in a real browser."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from socialworkers.models import SocialWorker
from tests.factories import PASSWORD, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.one_database]
KEPT = "Object.keys(sessionStorage).filter(key => key.startsWith('kept:')).map(key => sessionStorage[key]).join()"


@pytest.fixture
def worker(place):
    """Return a worker of 城区."""
    return make_worker(place.communities[0])


def sign_in_again(page):
    """Type the password on the sign-in page that is shown."""
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_a_form_is_filled_again_after_the_session_has_ended_except_for_personal_numbers(worker, clerk, enter):
    address = reverse("changelog:edit", args=["workers", worker.ref])
    page = enter(clerk, address)
    page.get_by_label("备注").fill("演示：八月起负责社区养老")
    page.get_by_label("联系电话").fill("13903550017")
    page.get_by_label("证书编号").fill("13903550018")
    cache.clear()  # all sessions end
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("刚才提交的内容没有保存")).to_be_visible()
    expect(page.get_by_text("填过的内容还留在这个窗口里")).to_be_visible()
    assert "八月起" in page.evaluate(KEPT)
    assert "1390355" not in page.evaluate(KEPT)
    page.get_by_label("用户名").fill(clerk.username)
    sign_in_again(page)

    expect(page.get_by_text("上次填写、还没有保存的内容已经恢复")).to_be_visible()
    expect(page.get_by_label("备注")).to_have_value("演示：八月起负责社区养老")
    expect(page.get_by_label("联系电话")).not_to_have_value("13903550017")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    assert SocialWorker.objects.get(pk=worker.pk).note == "演示：八月起负责社区养老"
    assert page.evaluate(KEPT) == "", "nothing is kept of what is saved"
    page.goto(address)
    expect(page.get_by_text("已经恢复")).to_have_count(0)


def test_leaving_a_changed_form_asks_and_signing_out_clears_what_was_typed(worker, clerk, enter):
    page = enter(clerk, reverse("changelog:edit", args=["workers", worker.ref]))
    page.get_by_label("备注").press_sequentially("演示")
    asked = []

    def answer(dialog):
        asked.append(dialog.type)
        dialog.accept() if len(asked) > 1 else dialog.dismiss()

    page.on("dialog", answer)
    page.get_by_role("button", name="退出").click(no_wait_after=True)
    page.wait_for_timeout(300)
    expect(page.get_by_label("备注")).to_have_value("演示")
    assert "演示" in page.evaluate(KEPT)
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    assert asked == ["beforeunload", "beforeunload"]
    assert page.evaluate(KEPT) == ""
