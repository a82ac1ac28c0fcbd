"""Tests of FormPage and ActionPage: refused forms stay on the page with the sentence at its field; a GET does nothing."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404
from django.test import Client
from django.urls import include, path

from changzhi_portal.pages import ActionPage, FormPage
from changzhi_portal.refusals import InvalidError, StaleError, UnavailableError
from changzhi_portal.rights import EVERYBODY

pytestmark = [pytest.mark.django_db, pytest.mark.one_database, pytest.mark.urls(__name__)]


class NameForm(forms.Form):
    name = forms.CharField(label="名称", max_length=5, error_messages={"required": "请填写名称。"})
    year = forms.IntegerField(label="年份", error_messages={"required": "请填写年份。", "invalid": "年份应是数字。"})
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, error_messages={"invalid": "没有这一版。"})


class Renaming(FormPage):
    """Page that refuses a name which it has already."""

    requires = EVERYBODY
    title = "改名"
    form_class = NameForm
    unavailable_message = "现在不能改名。"
    done: ClassVar[list[str]] = []
    is_closed: ClassVar[bool] = False

    def load(self) -> None:
        if self.kwargs["ref"] != "known":
            raise Http404

    def is_available(self) -> bool:
        return not self.is_closed

    def get_initial(self) -> dict[str, Any]:
        return {"name": "旧名"}

    def act(self, form: NameForm) -> str:
        name = form.cleaned_data["name"]
        if name in self.done:
            raise StaleError("这个名称已经有了，请换一个。", field="name")
        if name == "禁用":
            raise UnavailableError("现在不能改，请稍后再试。")
        self.done.append(name)
        return f"已改为{name}。"

    def get_success_url(self) -> str:
        return "/accounts/account/"


class ReasonForm(forms.Form):
    name = forms.CharField(label="名称")
    reason = forms.CharField(label="原因", error_messages={"required": "请写明原因。"})


class Previewed(FormPage):
    """Page with a preview; a name of one letter needs none."""

    requires = EVERYBODY
    title = "先看后改"
    template_name = "frame/form.html"
    form_class = ReasonForm
    not_previewed = ("reason",)
    done: ClassVar[list[str]] = []

    def preview(self, form: ReasonForm) -> dict[str, Any] | None:
        name = form.cleaned_data["name"]
        return {"effect": f"会改为{name}"} if len(name) > 1 else None

    def act(self, form: ReasonForm) -> str:
        if form.cleaned_data["reason"] == "不行":
            raise InvalidError("不能这样改。")
        self.done.append(form.cleaned_data["name"])
        return ""

    def get_success_url(self) -> str:
        return "/"


class Pressing(ActionPage):
    requires = "may_review"
    title = "按一下"
    done: ClassVar[list[str]] = []

    def act(self) -> str:
        if self.done:
            raise StaleError("已经按过了。")
        self.done.append("pressed")
        return "已按。"

    def get_success_url(self) -> str:
        return "/accounts/account/"


urlpatterns = [
    path("renaming/<slug:ref>/", Renaming.as_view()),
    path("previewed/", Previewed.as_view()),
    path("pressing/", Pressing.as_view()),
    path("", include("changzhi_portal.urls")),
]
PAGE, PREVIEWED, PRESSING = "/renaming/known/", "/previewed/", "/pressing/"
GOOD = {"name": "新名", "year": "2018"}


@pytest.fixture(autouse=True)
def nothing_done(monkeypatch):
    for page in (Renaming, Previewed, Pressing):
        monkeypatch.setattr(page, "done", [])


@pytest.fixture
def browser(clerk, signed_in) -> Client:
    return signed_in(clerk)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def tag_with(html: str, attribute: str) -> list[str]:
    """Return the tags that have an attribute."""
    return [tag for tag in re.findall(r"<[^>]*>", html) if re.search(rf"\s{attribute}[\s=>]", tag)]


def said(answer) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in get_messages(answer.wsgi_request)]


# --- GET and POST ---


def test_looking_shows_the_form_and_does_nothing(browser):
    answer = browser.get(PAGE)
    html = text_of(answer)
    assert answer.status_code == 200
    assert 'value="旧名"' in html and "csrfmiddlewaretoken" in html
    assert tag_with(html, "autofocus") == []
    assert Renaming.done == []


def test_a_good_form_acts_once_redirects_and_says_so(browser):
    answer = browser.post(PAGE, GOOD)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/account/")
    assert said(answer) == [("success", "已改为新名。")]
    assert Renaming.done == ["新名"]


def test_what_the_address_names_must_be_there_and_the_role_must_have_the_right(browser, clerk):
    assert browser.get("/renaming/other/").status_code == browser.post("/renaming/other/", GOOD).status_code == 404
    assert browser.post(PRESSING).status_code == 403
    assert Client().post(PAGE, GOOD).status_code == 302, "to the sign-in page"
    assert Renaming.done == []


def test_a_form_from_elsewhere_is_refused(clerk):
    checking = Client(enforce_csrf_checks=True)
    checking.force_login(clerk)
    assert checking.post(PAGE, GOOD).status_code == 403
    assert Renaming.done == []


def test_a_page_must_say_what_it_does():
    class Silent(FormPage):
        requires = EVERYBODY

    class Quiet(ActionPage):
        requires = EVERYBODY

    for page, arguments in ((Silent, [None]), (Quiet, [])):
        with pytest.raises(NotImplementedError):
            page().act(*arguments)
    with pytest.raises(ImproperlyConfigured):
        FormPage.as_view()


# --- Refused forms ---


def test_what_is_wrong_stands_at_its_field_what_was_typed_is_kept_and_the_first_error_has_the_focus(browser):
    answer = browser.post(PAGE, {"name": "新名", "year": "今年"})
    html = text_of(answer)
    assert answer.status_code == 422
    field = html.split('id="div_id_year"')[1].split("</form>")[0]
    assert "年份应是数字。" in field
    assert 'value="今年"' in html and 'value="新名"' in html
    [focused] = tag_with(html, "autofocus")
    assert 'name="year"' in focused
    assert 'aria-invalid="true"' in focused and 'aria-describedby="id_year_error"' in focused
    assert 'id="id_year_error"' in html
    both = text_of(browser.post(PAGE, {}))
    assert "请填写名称。" in both and "请填写年份。" in both
    [focused] = tag_with(both, "autofocus")
    assert 'name="name"' in focused
    assert Renaming.done == []


def test_a_refusal_of_the_action_stands_at_its_field_with_its_own_status(browser):
    browser.post(PAGE, GOOD)
    answer = browser.post(PAGE, GOOD)  # submitted twice
    html = text_of(answer)
    assert answer.status_code == 409
    assert "这个名称已经有了" in html.split('id="div_id_name"')[1].split('id="div_id_year"')[0]
    assert 'value="新名"' in html and 'value="2018"' in html
    [focused] = tag_with(html, "autofocus")
    assert 'name="name"' in focused
    assert Renaming.done == ["新名"]


def test_a_refusal_of_no_field_stands_above_the_form_and_has_the_focus(browser):
    answer = browser.post(PAGE, {"name": "禁用", "year": "2018"})
    html = text_of(answer)
    assert answer.status_code == 503
    [focused] = tag_with(html, "autofocus")
    assert 'role="alert"' in focused and 'tabindex="-1"' in focused
    assert html.index("现在不能改，请稍后再试。") < html.index("csrfmiddlewaretoken", html.index("<main"))
    assert 'value="禁用"' in html
    assert said(answer) == []


def test_what_is_wrong_with_a_hidden_field_is_seen(browser):
    answer = browser.post(PAGE, {**GOOD, "version": "x"})
    html = text_of(answer)
    assert answer.status_code == 422
    assert '<p class="mb-0">没有这一版。' in html
    assert len(tag_with(html, "autofocus")) == 1


def test_a_page_with_nothing_to_decide_leads_away_and_shows_no_form_to_a_refused_post(browser, monkeypatch):
    Renaming.done.append("新名")
    monkeypatch.setattr(Renaming, "is_closed", True)
    answer = browser.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/account/")
    assert said(answer) == [("info", "现在不能改名。")]
    answer = browser.post(PAGE, {"name": "禁用", "year": "2018"})
    html = text_of(answer).split("<main")[1]
    assert "现在不能改，请稍后再试。" in html
    assert "<form" not in html and 'href="/accounts/account/"' in html
    assert "请填写名称。" in text_of(browser.post(PAGE, {"year": "2018"})), "although its field is not there"


# --- Previews ---


def test_a_preview_shows_what_would_happen_asks_for_no_reason_and_does_nothing(browser):
    answer = browser.post(PREVIEWED, {"name": "新名", "preview": ""})
    assert answer.status_code == 200
    assert answer.context["effect"] == "会改为新名"
    assert f'name="previewed" value="{answer.context["previewed"]}"' in text_of(answer)
    assert "请写明原因" not in text_of(answer)
    assert Previewed.done == []


def test_what_was_previewed_is_done_and_what_was_changed_since_is_previewed_again(browser):
    shown = browser.post(PREVIEWED, {"name": "新名", "preview": ""}).context["previewed"]
    other = browser.post(PREVIEWED, {"name": "别名", "reason": "更正", "previewed": shown})
    assert (other.status_code, other.context["effect"]) == (200, "会改为别名")
    assert other.context["is_changed_since_preview"]
    assert Previewed.done == []
    done = browser.post(PREVIEWED, {"name": "新名", "reason": "另一个原因", "previewed": shown})
    assert (done.status_code, Previewed.done) == (302, ["新名"])


def test_who_confirms_without_having_looked_is_shown_it_first(browser):
    answer = browser.post(PREVIEWED, {"name": "新名", "reason": "更正"})
    assert (answer.status_code, answer.context["effect"]) == (200, "会改为新名")
    assert not answer.context["is_changed_since_preview"]
    assert Previewed.done == []
    assert browser.post(PREVIEWED, {"name": "名", "reason": "更正"}).status_code == 302, "nothing to look at"


@pytest.mark.parametrize("reason", ["", "不行"])
def test_a_refused_confirmation_keeps_the_preview_on_the_page(browser, reason):
    shown = browser.post(PREVIEWED, {"name": "新名", "preview": ""}).context["previewed"]
    answer = browser.post(PREVIEWED, {"name": "新名", "reason": reason, "previewed": shown})
    assert answer.status_code == 422
    assert (answer.context["effect"], answer.context["previewed"]) == ("会改为新名", shown)
    assert Previewed.done == []


def test_wrong_input_is_not_previewed(browser):
    answer = browser.post(PREVIEWED, {"name": "", "preview": ""})
    assert answer.status_code == 422
    assert "effect" not in answer.context


# --- Buttons ---


def test_a_button_posts_and_redirects_and_a_refusal_is_said_where_it_leads(officer, signed_in):
    browser = signed_in(officer)
    assert browser.get(PRESSING).status_code == 405
    first = browser.post(PRESSING)
    assert (first.status_code, first["Location"], said(first)) == (302, "/accounts/account/", [("success", "已按。")])
    again = browser.post(PRESSING, follow=True)
    assert again.status_code == 200
    assert "已经按过了。" in text_of(again)
    assert Pressing.done == ["pressed"]
