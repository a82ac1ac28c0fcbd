"""How far an office is with a month: the list of its communities, those without changes, and what is left."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.models import ChangeSet
from changzhi_portal.kept_input import COOKIE
from changzhi_portal.refusals import LockedError
from communities.actions import save_entry
from communities.models import CommunityEntry
from periods.models import ReportingPeriod
from tests.communities.monthly import address, of, save
from tests.factories import (
    Place,
    make_community,
    make_facility,
    make_organization,
    make_period,
    make_point,
    make_profile,
    make_project,
    make_worker,
)
from tests.forms import sent_by
from tests.pages import markup_of
from tests.queries import exactly, queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
QUERIES_OF_PAGE = 26
QUERIES_OF_LIST = 11


def test_nothing_has_changed_is_confirmed_for_one_and_for_several(place: Place, entering: Client):
    first, second, third = place.communities
    make_profile(first, residents=2_400)
    wrong = save(entering, first, of(first, "communities", residents="2450"), go="unchanged")
    assert wrong.status_code == 422
    assert "请点“保存”" in markup_of(wrong)
    answer = save(entering, first, {}, go="unchanged")
    assert answer["Location"] == address(second)
    told = f"已确认{first.name}本月无变动。东街街道办事处还有2个社区没有填。"
    assert told in markup_of(entering.get(answer["Location"]))
    index = reverse("communities:monthly")
    shown = markup_of(entering.get(index))
    assert "3个社区，已填1个，还有2个" in shown
    answer = entering.post(index, {"month": "2018-06", "community": [second.ref]}, follow=True)
    assert "已确认1个社区本月无变动。东街街道办事处还有1个社区没有填。" in markup_of(answer)
    answer = entering.post(index, {"month": "2018-06", "community": [third.ref]}, follow=True)
    assert "已确认1个社区本月无变动。东街街道办事处的3个社区都填好了。" in markup_of(answer)
    assert not ChangeSet.objects.exists()


def test_a_save_without_changes_is_no_entry(place: Place, entering: Client):
    answer = save(entering, place.communities[0], {}, follow=True)
    assert "没有改动" in markup_of(answer)
    assert not CommunityEntry.objects.exists()


def test_the_last_community_leads_to_the_list(place: Place, entering: Client):
    for community in place.communities[:2]:
        make_profile(community, as_of=datetime.date(2018, 6, 30))
    answer = save(entering, place.communities[2], of(place.communities[2], "communities", residents="900"), go="next")
    assert answer["Location"] == f"{reverse('communities:monthly')}?division={place.street.code}"


def test_other_areas_do_not_exist(place: Place, entering: Client):
    for community in (place.other_communities[0], place.villages[0]):
        assert entering.get(address(community)).status_code == 404
        assert entering.post(address(community), {}).status_code == 404
    index = reverse("communities:monthly")
    assert entering.get(index, {"division": place.other_street.code}).status_code == 404
    assert "不在本单位" in markup_of(
        entering.post(index, {"month": "2018-06", "community": [place.villages[0].ref]}, follow=True)
    )
    assert not CommunityEntry.objects.exists()


def test_a_county_sees_how_far_its_towns_are(place: Place, clerk: User, period: ReportingPeriod, client: Client):
    make_profile(place.communities[0], as_of=datetime.date(2018, 6, 30))
    client.force_login(clerk)
    shown = client.get(reverse("communities:monthly"))
    assert [(area.name, state.done, state.total) for area, state in shown.context["below"]] == [
        ("东街街道办事处", 1, 3),
        ("西街街道办事处", 0, 2),
    ]
    assert client.get(reverse("communities:monthly"), {"division": place.street.code}).status_code == 200


def test_without_an_open_month_nothing_can_be_entered(place: Place, street_clerk: User, client: Client):
    client.force_login(street_clerk)
    assert "现在没有开放填报的统计月" in markup_of(client.get(reverse("communities:monthly")))
    answer = client.get(address(place.communities[0]))
    assert answer["Location"] == place.communities[0].get_absolute_url()


def test_a_page_of_the_month_before_counts_for_no_other_month(
    place: Place, entering: Client, street_clerk: User, period: ReportingPeriod
):
    first = place.communities[0]
    sent = sent_by(entering.get(address(first)))
    index = reverse("communities:monthly")
    ReportingPeriod.objects.filter(pk=period.pk).update(state=ReportingPeriod.State.UPCOMING)
    with pytest.raises(LockedError):
        save_entry(community=first, period=ReportingPeriod.objects.get(), edits=[], by=street_clerk, input_digest="")
    make_period("2018-07")
    for page, data in (
        (address(first), sent | of(first, "communities", residents="2450") | {"go": "stay"}),
        (address(first), sent | {"go": "unchanged"}),
        (index, {"month": "2018-06", "community": [first.ref]}),
    ):
        answer = entering.post(page, data)
        assert COOKIE not in answer.cookies, "the browser keeps what was typed"
        assert "没有保存：现在填报的是2018年7月，这一页是以前打开的" in markup_of(entering.get(answer["Location"]))
    assert not CommunityEntry.objects.exists() and not ChangeSet.objects.exists()


def test_the_number_of_queries_depends_on_neither_communities_nor_records(place: Place, entering: Client):
    community = place.communities[0]

    def fill(number: int) -> None:
        for _ in range(number):
            make_facility(community)
            make_point(community)
            make_organization(community)
            make_worker(community)
            make_project(place.county, community)
            make_profile(make_community(place.street), residents=900)

    fill(1)
    index = reverse("communities:monthly")
    entering.get(address(community))
    page = queries_of(lambda: entering.get(address(community)))
    listed = queries_of(lambda: entering.get(index))
    fill(4)
    assert len(page) == QUERIES_OF_PAGE
    with exactly(QUERIES_OF_PAGE):
        entering.get(address(community))
    assert len(listed) == QUERIES_OF_LIST
    with exactly(QUERIES_OF_LIST):
        entering.get(index)
