"""Contact persons: who keeps them, who sees them, and how people get there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from communities.actions import ContactFields, delete_contact, save_contact
from communities.models import Contact, Division
from tests.addresses import make_contact
from tests.factories import Place

pytestmark = pytest.mark.django_db
NUMBER = "0355-2190001"


def fields(division: Division, **changes: object) -> dict[str, str]:
    return {"division": division.code, "name": "李演示", "duty": "账号", "phone": NUMBER, "email": "", **changes}  # type: ignore[dict-item]


def test_the_bureau_keeps_its_own_contacts_and_a_visitor_finds_those_that_are_marked(
    place: Place, administrator: User, clerk: User, signed_in: Callable[[User], Client]
) -> None:
    browser = signed_in(administrator)
    assert browser.post(reverse("communities:contact_new"), fields(place.city, is_public="on")).status_code == 302
    assert browser.post(reverse("communities:contact_new"), fields(place.city, name="王演示")).status_code == 302
    visitor = Client().get(reverse("communities:contacts")).content.decode()
    assert "李演示" in visitor and NUMBER in visitor and "王演示" not in visitor
    assert reverse("communities:contacts") in Client().get(reverse("accounts:login")).content.decode()
    asked = signed_in(clerk).get(reverse("communities:contacts")).content.decode()
    assert "李演示" in asked and "王演示" in asked and "/contacts/new/" in asked
    assert Contact.objects.get(name="李演示").phone is not None
    [change] = ChangeRecord.objects.filter(object_label="李演示")
    assert NUMBER not in str(change.after), "the log keeps ciphertext"


def test_a_county_keeps_its_own_and_neither_sees_nor_changes_those_of_another(
    place: Place, clerk: User, other_clerk: User, street_clerk: User, signed_in: Callable[[User], Client]
) -> None:
    browser = signed_in(clerk)
    assert browser.post(reverse("communities:contact_new"), fields(place.county)).status_code == 302
    assert browser.post(reverse("communities:contact_new"), fields(place.other_county)).status_code == 422
    contact = Contact.objects.get()
    assert "李演示" in signed_in(street_clerk).get(reverse("communities:contacts")).content.decode()
    stranger = signed_in(other_clerk)
    assert "李演示" not in stranger.get(reverse("communities:contacts")).content.decode()
    assert stranger.get(reverse("communities:contact_edit", args=[contact.ref])).status_code == 404
    with pytest.raises(NotAllowedError):
        save_contact(by=street_clerk, fields=ContactFields(division=place.county, name="赵演示", email="a@example.com"))


def test_a_contact_is_changed_and_deleted_once(place: Place, clerk: User, signed_in: Callable[[User], Client]) -> None:
    contact = make_contact(place.county)
    browser = signed_in(clerk)
    edit = reverse("communities:contact_edit", args=[contact.ref])
    assert browser.post(edit, fields(place.county, name="李新", version="1")).status_code == 302
    assert browser.post(edit, fields(place.county, name="李旧", version="1")).status_code == 409
    with pytest.raises(StaleError):
        delete_contact(by=clerk, ref=contact.ref, version=1)
    delete = reverse("communities:contact_delete", args=[contact.ref])
    assert "李新" in browser.get(delete).content.decode()
    assert browser.post(delete, {"version": "2"}).status_code == 302
    assert not Contact.objects.exists()


def test_a_contact_that_nobody_can_reach_is_refused(place: Place, administrator: User) -> None:
    with pytest.raises(InvalidError, match="至少填一个"):
        save_contact(by=administrator, fields=ContactFields(division=place.city, name="李演示"))
    with pytest.raises(InvalidError, match="手机"):
        save_contact(
            by=administrator, fields=ContactFields(division=place.city, name="李13800001111", email="a@example.com")
        )


def test_a_refusal_that_names_the_administrators_leads_to_them(
    leader: User, signed_in: Callable[[User], Client]
) -> None:
    refused = signed_in(leader).get(reverse("communities:contact_new"))
    assert refused.status_code == 403
    assert refused.content.decode().count(f'href="{reverse("communities:contacts")}"') == 2, "there and in the foot"
