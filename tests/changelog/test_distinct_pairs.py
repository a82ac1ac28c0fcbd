"""Pairs that look like duplicates and are two: said once, shown to nobody again unless asked for (docs/domain.md §4.11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.actions import mark_distinct
from changelog.models import DistinctPair
from changzhi_portal.refusals import NotAllowedError, NotFoundError
from changzhi_portal.registers.registry import register_named
from tests.factories import Place, make_facility, make_organization, make_worker
from tests.pages import markup_of

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


def organizations(place: Place) -> tuple[Any, Any]:
    return make_organization(place.communities[0], "演示书画社"), make_organization(place.street, "演示书画社")


MAKERS: dict[str, Callable[[Place], tuple[Any, Any]]] = {
    "organizations": organizations,
    "facilities": lambda place: (make_facility(place.communities[0]), make_facility(place.communities[0])),
    "workers": lambda place: (
        make_worker(place.communities[0], phone="19900001111"),
        make_worker(place.communities[1], phone="19900001111"),
    ),
}


def listed(client: Client, name: str, query: str = "") -> int:
    return len(client.get(f"{reverse('changelog:duplicates', args=[name])}{query}").context["pairs"])


@pytest.mark.parametrize("name", MAKERS)
def test_a_pair_that_is_no_duplicate_is_shown_to_nobody_again_unless_asked_for(
    name: str, place: Place, clerk: User, street_clerk: User, officer: User, signed_in: SignedIn
) -> None:
    first, second = MAKERS[name](place)
    clerks, others = signed_in(clerk), [signed_in(street_clerk), signed_in(officer)]
    assert listed(clerks, name) == 1
    button = reverse("changelog:distinct", args=[name, second.ref, first.ref])
    answer = clerks.post(button, follow=True)
    assert "已标为不是重复" in markup_of(answer)
    assert "已标为不是重复的 1 对" in markup_of(answer)
    for client in (clerks, *others):
        assert (listed(client, name), listed(client, name, "?distinct=1")) == (0, 1)
    shown = markup_of(others[0].get(f"{reverse('changelog:duplicates', args=[name])}?distinct=1"))
    assert str(clerk) in shown and "重新列出" in shown
    others[1].post(button, {"again": "1"})
    assert (listed(clerks, name), DistinctPair.objects.count()) == (1, 0)


def test_saying_it_twice_changes_nothing_and_only_who_may_edit_both_says_it(
    place: Place, clerk: User, officer: User, other_clerk: User, leader: User, signed_in: SignedIn
) -> None:
    first, second = organizations(place)
    given: dict[str, Any] = {"register": register_named("organizations")(), "refs": (first.ref, second.ref)}
    kept = mark_distinct(**given, by=clerk)
    assert mark_distinct(**given, by=officer) == kept
    assert kept.made_by == clerk
    with pytest.raises(NotAllowedError):
        mark_distinct(**given, by=leader)
    with pytest.raises(NotFoundError):
        mark_distinct(**given, by=other_clerk)
    button = reverse("changelog:distinct", args=["organizations", first.ref, second.ref])
    assert signed_in(other_clerk).post(button).status_code == 404
    assert signed_in(other_clerk).post(button, {"again": "1"}).status_code == 404


def test_the_database_keeps_a_pair_once_and_in_order(place: Place, clerk: User) -> None:
    pair = {"register": "organizations", "division": place.street, "made_by": clerk}
    DistinctPair.objects.create(first_key=1, second_key=2, **pair)
    for first, second in ((1, 2), (2, 1), (3, 3)):
        with pytest.raises(IntegrityError), transaction.atomic():
            DistinctPair.objects.create(first_key=first, second_key=second, **pair)
