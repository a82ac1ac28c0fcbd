"""Lists saved under a name: one's own, shared ones, the default one."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Role, User
from changzhi_portal.models import SavedView
from tests.factories import id_number, make_organization, make_user, phone

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ORGANIZATIONS = "orgs:list"


def saved(by, name="备案组织", query="registration=filed&sort=-member_count,name", **fields):
    return SavedView.objects.create(saved_by=by, list_name=ORGANIZATIONS, name=name, query=query, **fields)


def address(query="registration=filed", list_name=ORGANIZATIONS):
    return f"{reverse('view_new')}?{urlencode({'list': list_name, 'query': query})}"


def names(browser, query="?q="):
    context = browser.get(reverse(ORGANIZATIONS) + query).context
    return [view.name for view in context["own_views"]], [view.name for view in context["shared_views"]]


def test_a_list_is_saved_with_filters_sorting_and_columns_and_opens_as_it_was(place, officer, signed_in):
    make_organization(place.communities[0], registration="filed")
    browser = signed_in(officer)
    asked = {"registration": "filed", "county": "140402", "sort": "-member_count,name", "columns": "name,category"}
    page = browser.get(reverse(ORGANIZATIONS), {**asked, "q": "", "page": "1"})
    form = page.context["save_view_url"]
    assert browser.get(form).status_code == 200
    done = browser.post(form, {"name": "城区备案", "is_shared": "on"}, follow=True)
    view = SavedView.objects.get()
    assert (view.saved_by, view.name, view.is_shared, view.is_default) == (officer, "城区备案", True, False)
    assert done.context["current_view"] == view
    assert {name: done.wsgi_request.GET[name] for name in asked} == asked
    assert [column.name for column in done.context["table"].columns] == ["name", "category"]


def test_a_shared_view_is_seen_in_the_own_division_and_below_and_an_own_one_by_nobody_else(
    place, officer, clerk, street_clerk, other_clerk, signed_in
):
    saved(officer, "全市", is_shared=True)
    saved(officer, "自用")
    saved(clerk, "本县", is_shared=True)
    saved(street_clerk, "本街道", is_shared=True)
    assert names(signed_in(officer)) == (["全市", "自用"], [])
    assert names(signed_in(clerk)) == (["本县"], ["全市"])
    assert names(signed_in(street_clerk)) == (["本街道"], ["全市", "本县"])
    assert names(signed_in(other_clerk)) == ([], ["全市"])


def test_nobody_without_a_division_sees_a_view(place, officer):
    saved(officer, is_shared=True)
    gone = make_user(Role.LEADER, place.county, is_active=False)
    for user in (None, AnonymousUser(), gone, User(username="new", role=Role.LEADER)):
        assert not SavedView.objects.visible_to(user).exists()


def test_a_shared_view_of_somebody_who_left_is_not_offered_any_more(place, officer, clerk, signed_in):
    saved(officer, is_shared=True)
    User.objects.filter(pk=officer.pk).update(is_active=False)
    assert names(signed_in(clerk)) == ([], [])


def test_a_list_opens_with_the_default_view_and_clearing_leads_out_of_it(place, officer, signed_in):
    view = saved(officer, is_default=True)
    browser = signed_in(officer)
    page = browser.get(reverse(ORGANIZATIONS), follow=True)
    assert page.redirect_chain == [(view.address, 302)]
    assert page.context["current_view"] == view
    part = browser.get(reverse(ORGANIZATIONS), {"q": "没有这个"}, headers={"HX-Request": "true"})
    clear_url = page.context["clear_url"]()
    assert f'<a href="{clear_url}">查看全部' in part.content.decode()
    emptied = browser.get(reverse(ORGANIZATIONS), {"q": ""}, headers={"HX-Request": "true"})
    assert emptied["HX-Push-Url"] == clear_url
    cleared = browser.get(clear_url)
    assert cleared.status_code == 200
    assert cleared.context["current_view"] is None
    assert "已忽略" not in cleared.content.decode()


def test_a_second_default_takes_the_place_of_the_first(place, officer, clerk, signed_in):
    first, others = saved(officer, is_default=True), saved(clerk, is_default=True)
    signed_in(officer).post(address(), {"name": "新的", "is_default": "on"})
    first.refresh_from_db()
    others.refresh_from_db()
    assert (first.is_default, others.is_default) == (False, True)
    assert SavedView.objects.get(name="新的").is_default


def test_a_name_is_given_once_a_list_and_the_sentence_stands_at_the_field(place, officer, clerk, signed_in):
    saved(officer)
    saved(clerk)
    refused = signed_in(officer).post(address(), {"name": " 备案组织 "})
    assert refused.status_code == 422
    assert refused.context["form"].errors == {"name": ["您在这张表里已有同名的视图，请换一个名称。"]}
    with pytest.raises(IntegrityError), transaction.atomic():
        saved(officer)


@pytest.mark.parametrize("number", [phone(7), "0355-2024567", id_number(7)])
def test_no_personal_number_is_kept_in_a_view(place, officer, signed_in, number):
    browser = signed_in(officer)
    in_query = browser.post(address(urlencode({"q": f"王 {number}"})), {"name": "查人"})
    in_name = browser.post(address(), {"name": number[:30]})
    assert in_query.status_code == in_name.status_code == 422
    assert "身份证号、电话不能存进视图" in in_query.content.decode()
    assert "身份证号、电话不能存进视图" in str(in_name.context["form"].errors["name"])
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "query", "sentence"),
    [("", "", "请给视图取个名称。"), ("长" * 31, "", "最多"), ("好", "q=" + "a" * 1500, "条件太多")],
)
def test_a_bad_view_is_refused_with_a_sentence(place, officer, signed_in, name, query, sentence):
    refused = signed_in(officer).post(address(query), {"name": name})
    assert refused.status_code == 422
    assert sentence in refused.content.decode()


def test_what_no_database_can_keep_is_left_out_of_a_view(place, officer, signed_in):
    done = signed_in(officer).post(address("q=甲\x00乙"), {"name": "演示"})
    assert done.status_code == 302
    assert SavedView.objects.get().query == "q=甲乙"


def test_a_view_is_renamed_shared_and_deleted_by_its_owner_alone(place, officer, clerk, signed_in):
    view = saved(officer, is_shared=True)
    browser = signed_in(officer)
    browser.post(reverse("view_edit", args=[view.ref]), {"name": "改名", "is_default": "on"})
    view.refresh_from_db()
    assert (view.name, view.is_shared, view.is_default) == ("改名", False, True)
    SavedView.objects.update(is_shared=True)
    stranger = signed_in(clerk)
    for name in ("view_edit", "view_delete"):
        assert stranger.post(reverse(name, args=[view.ref]), {"name": "抢"}).status_code == 404
    left = browser.post(reverse("view_delete", args=[view.ref]), follow=True)
    assert "视图“改名”已删除。" in left.content.decode()
    assert not SavedView.objects.exists()


def test_a_view_that_is_gone_says_so(place, officer, signed_in):
    page = signed_in(officer).get(reverse(ORGANIZATIONS), {"view": "gone"})
    assert "这个视图已经删除，或者不再共享。" in page.content.decode()


@pytest.mark.parametrize("name", ["home", "no:list", "uploads:new", ""])
def test_only_lists_that_one_may_open_have_views(place, officer, leader, signed_in, name):
    assert signed_in(officer).get(address(list_name=name)).status_code == 404
    assert signed_in(leader).get(address()).status_code == 404
