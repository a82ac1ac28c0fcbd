"""Pages that find duplicates, merge two records and take that back, as the user meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.models import ChangeSet
from changzhi_portal.kept_input import COOKIE
from orgs.models import SocialOrganization
from tests.factories import Place, credit_code, make_organization
from tests.queries import exactly, queries_of

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
DUPLICATES = "/records/organizations/duplicates/"


@pytest.fixture
def twins(place: Place) -> tuple[SocialOrganization, SocialOrganization]:
    kept = make_organization(place.communities[0], "演示书画社", phone="19900001111")
    registered: dict[str, Any] = {"registration": "registered", "credit_code": credit_code(91)}
    return kept, make_organization(place.street, "演示书画社", leader="王演示", phone="19911111111", **registered)


def address(page: str, *records: Any) -> str:
    return reverse(f"changelog:{page}", args=["organizations", *(record.ref for record in records)])


def sent(client: Client, url: str, **changes: str) -> dict[str, str]:
    """Open the comparison and return what the browser would send of it."""
    form = client.get(url).context["form"]
    return {bound.html_name: str(bound.value() or "") for bound in form} | {"reason": "换证后又登记了一次"} | changes


def reasons(client: Client) -> list[tuple[str, str, str]]:
    pairs = client.get(reverse("changelog:duplicates", args=["organizations"])).context["pairs"]
    return [(str(pair.first), str(pair.second), pair.reason) for pair in pairs]


def test_pairs_of_one_name_or_nearly_one_at_one_place_or_in_one_town_are_listed(
    place: Place, clerk: User, signed_in: SignedIn
) -> None:
    here, there = place.communities[:2]
    make_organization(here, "演示书画社")
    make_organization(place.street, "演示 书画社")
    make_organization(here, "演示合唱团")
    make_organization(here, "演示大合唱队")
    make_organization(here, "演示合唱队")
    make_organization(there, "演示合唱团")  # every community may have one
    for number in (1, 2):  # two codes are two organizations
        make_organization(here, "演示基金", registration="registered", credit_code=credit_code(number))
    assert reasons(signed_in(clerk)) == [
        ("演示书画社", "演示 书画社", "同一街道（乡镇）同名"),
        ("演示合唱团", "演示合唱队", "同一地方，名称只差一个字"),
    ]


def test_an_office_sees_the_pairs_of_its_own_area_only(
    twins: tuple[Any, Any], clerk: User, other_clerk: User, leader: User, signed_in: SignedIn
) -> None:
    assert len(reasons(signed_in(clerk))) == 1
    assert reasons(signed_in(other_clerk)) == []
    assert signed_in(leader).get(address("duplicates")).status_code == 403


def test_the_list_leads_to_the_pairs_and_they_to_the_comparison(
    twins: tuple[Any, Any], clerk: User, signed_in: SignedIn
) -> None:
    client = signed_in(clerk)
    assert address("duplicates") in client.get(reverse("orgs:list")).content.decode()
    assert address("merge", *twins) in client.get(address("duplicates")).content.decode()


def test_more_pairs_need_no_more_queries(place: Place, clerk: User, signed_in: SignedIn) -> None:
    client = signed_in(clerk)
    for number in range(2):
        make_organization(place.communities[0], f"演示{number}社团")
        make_organization(place.street, f"演示{number}社团")
    client.get(address("duplicates"))
    few = len(queries_of(lambda: client.get(address("duplicates"))))
    for number in range(2, 40):
        make_organization(place.communities[0], f"演示{number}社团")
        make_organization(place.street, f"演示{number}社团")
    with exactly(few):
        answer = client.get(address("duplicates"), {"page": "2"})
    assert (len(answer.context["pairs"]), answer.context["page"].paginator.count) == (15, 40)


def test_both_records_stand_side_by_side_with_personal_data_masked_and_differences_to_choose(
    twins: tuple[Any, Any], clerk: User, signed_in: SignedIn
) -> None:
    answer = signed_in(clerk).get(address("merge", *twins))
    lines = {line.header: line for line in answer.context["lines"]}
    assert (lines["联系电话"].kept, lines["联系电话"].merged) == ("199****1111", "199****1111（与保留的不同）")
    assert lines["名称"].choice is None and lines["类别"].choice is None
    assert lines["所在地方"].choice is not None
    assert "19900001111" not in answer.content.decode()
    form = answer.context["form"]
    proposed = {name: form[name].value() for name in ("place", "credit_code", "registration", "leader", "phone")}
    assert proposed == {
        "place": "kept",
        "credit_code": "merged",  # the record that stays has none
        "registration": "kept",
        "leader": "merged",
        "phone": "kept",
    }
    assert "dissolved_on" not in form.fields


def test_a_merge_is_previewed_then_done_then_shown_on_both_pages_and_undone(
    twins: tuple[Any, Any], clerk: User, signed_in: SignedIn
) -> None:
    kept, merged = twins
    client, url = signed_in(clerk), address("merge", kept, merged)
    data = sent(client, url, registration="merged")
    shown = client.post(url, data)
    assert shown.status_code == 200 and not ChangeSet.objects.exists()
    assert ("负责人", "—", "王演示") in shown.context["will_change"]
    assert "确认合并" in shown.content.decode()
    done = client.post(url, data | {"previewed": shown.context["previewed"]}, follow=True)
    assert "已把“演示书画社”并入“演示书画社”" in done.content.decode()
    assert f'href="{merged.get_absolute_url()}"' in done.content.decode()
    page = client.get(merged.get_absolute_url()).content.decode()
    assert "已并入“" in page and kept.get_absolute_url() in page and address("unmerge", merged) in page
    assert address("edit", merged) not in page
    assert client.get(address("edit", merged)).status_code == 404
    assert "换证后又登记了一次" in client.get(address("unmerge", merged)).content.decode()
    undone = client.post(address("unmerge", merged), follow=True)
    assert "已撤销合并" in undone.content.decode()
    assert SocialOrganization.objects.count() == 2


def test_without_a_reason_nothing_is_merged(twins: tuple[Any, Any], clerk: User, signed_in: SignedIn) -> None:
    client, url = signed_in(clerk), address("merge", *twins)
    answer = client.post(url, sent(client, url, reason=""))
    assert answer.status_code == 422 and "请写明合并的原因。" in answer.content.decode()


def test_a_pair_that_somebody_changed_meanwhile_is_compared_again(
    twins: tuple[Any, Any], clerk: User, signed_in: SignedIn
) -> None:
    client, url = signed_in(clerk), address("merge", *twins)
    data = sent(client, url, registration="merged")
    data["previewed"] = client.post(url, data).context["previewed"]
    SocialOrganization.objects.filter(pk=twins[0].pk).update(version=5)
    answer = client.post(url, data)
    assert COOKIE not in answer.cookies, "the browser keeps what was chosen"
    answer = client.get(answer["Location"])
    assert "有人改过其中一条记录" in answer.content.decode()
    assert answer.context["form"]["kept_version"].value() == 5
    assert not ChangeSet.objects.exists()


def test_an_undoing_that_comes_too_late_says_so(twins: tuple[Any, Any], clerk: User, signed_in: SignedIn) -> None:
    kept, merged = twins
    client, url = signed_in(clerk), address("merge", kept, merged)
    data = sent(client, url, registration="merged")
    client.post(url, data | {"previewed": client.post(url, data).context["previewed"]})
    edit = address("end", kept)
    form = client.get(edit).context["form"]
    client.post(edit, {"dissolved_on": "2018-07-01", "version": form["version"].value()})
    answer = client.post(address("unmerge", merged))
    assert answer.status_code == 409
    assert "没有撤销" in answer.content.decode()


def test_the_history_names_a_record_that_was_merged_itself(place: Place, clerk: User, signed_in: SignedIn) -> None:
    first, second, third = (make_organization(place.communities[0], f"演示合唱团{n}") for n in "甲乙丙")
    client = signed_in(clerk)
    for kept, merged in ((second, first), (third, second)):
        url = address("merge", kept, merged)
        data = sent(client, url)
        client.post(url, data | {"previewed": client.post(url, data).context["previewed"]})
    page = client.get(first.get_absolute_url()).content.decode()
    assert "<del>演示合唱团乙</del> 改为 <ins>演示合唱团丙</ins>" in page


def test_a_record_that_has_moved_to_another_office_is_not_named_to_this_one(
    twins: tuple[Any, Any], place: Place, clerk: User, signed_in: SignedIn
) -> None:
    kept, merged = twins
    client, url = signed_in(clerk), address("merge", kept, merged)
    data = sent(client, url, registration="merged")
    client.post(url, data | {"previewed": client.post(url, data).context["previewed"]})
    SocialOrganization.objects.filter(pk=kept.pk).update(community=place.villages[0], name="演示外县书画社")
    for page in (merged.get_absolute_url(), address("unmerge", merged)):
        assert "演示外县书画社" not in client.get(page).content.decode()
    assert "已并入其他单位的一条记录" in client.get(merged.get_absolute_url()).content.decode()
    answer = client.post(address("unmerge", merged))
    assert (answer.status_code, "请联系市局撤销" in answer.content.decode()) == (403, True)
