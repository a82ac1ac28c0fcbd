"""Tests that a system is no person: it cannot sign in, is in no list of people, and is told nothing."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.actions import appoint_staff, create_user, edit_user, reset_password
from accounts.management.acting import acting_user
from accounts.models import Role, User
from changzhi_portal.refusals import InvalidError, NotFoundError, PortalError
from notices.actions import Message, notify
from notices.models import Notice
from tests.accounts.test_views import sign_in
from tests.addresses import NAMES, address_of
from tests.architecture.test_urls import ASKS_WHO, NOT_READY, OPEN
from tests.connections.clients import make_client, make_token, program
from tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def system(place) -> User:
    """Return the user that acts for a system of 城区."""
    user: User = make_client(place.county, name="演示交换平台").user
    return user


@pytest.mark.parametrize("name", NAMES)
def test_with_a_token_or_a_session_of_a_system_every_page_is_closed_as_to_visitors(name, place, clerk):
    issued = make_token(place.county)
    address = address_of(name, place, clerk)
    slipped_in = Client()
    slipped_in.force_login(issued.token.client.user)
    for client in (program(issued), slipped_in):
        answer = client.get(address)
        if name in OPEN:
            assert answer.status_code in ({405, 503} if name in NOT_READY else {401} if name in ASKS_WHO else {200})
            assert issued.token.client.name not in answer.content.decode()
        else:
            assert answer.status_code == 302
            assert answer["Location"].startswith(reverse("accounts:login"))


def test_a_session_of_a_system_opens_no_address_of_the_api(system):
    slipped_in = Client()
    slipped_in.force_login(system)
    assert slipped_in.get("/api/v1/organizations/").status_code == 401


def test_a_system_does_not_sign_in_and_has_no_password(system):
    for password in (PASSWORD, "", system.password):
        assert sign_in(Client(), system.username, password).status_code == 422
    assert not system.has_usable_password()
    system.set_password(PASSWORD)
    with pytest.raises(IntegrityError), transaction.atomic():
        system.save()
    assert not User.objects.get(pk=system.pk).has_usable_password()


def test_nobody_manages_a_system_as_a_user_or_makes_one_of_a_user(
    place, system, administrator, system_admin, signed_in
):
    for manager in (administrator, system_admin):
        page = signed_in(manager).get(reverse("accounts:users"))
        assert system.username not in page.content.decode() and "演示交换平台" not in page.content.decode()
        assert '<option value="client"' not in page.content.decode()
        assert signed_in(manager).get(reverse("accounts:user_detail", args=[system.ref])).status_code == 404
        with pytest.raises(NotFoundError):
            reset_password(by=manager, ref=system.ref, version=system.version)
        with pytest.raises(PortalError):
            create_user(by=manager, username="robot", full_name="", role="client", division=place.county)
    person = {"full_name": "", "division": place.city, "email": "", "phone": None}
    with pytest.raises(NotFoundError):
        edit_user(by=administrator, ref=system.ref, version=system.version, role="bureau_admin", **person)


def test_no_command_makes_a_person_of_a_system_or_acts_as_one(place, system):
    with pytest.raises(InvalidError):
        appoint_staff(
            username=system.username, role="bureau_admin", division_code="140400", password="Nuan-feng-47-wan"
        )
    with pytest.raises(InvalidError):
        appoint_staff(username="robot", role="client", division_code="140400")
    with pytest.raises(PortalError):
        acting_user(system.username)
    with pytest.raises(CommandError):
        call_command("unlock", system.username)


def test_a_system_is_told_nothing_and_counts_as_nobody(place, system, auditor, signed_in):
    notify([Message(system, "演示通知"), Message(auditor, "演示通知")])
    assert [notice.user for notice in Notice.objects.all()] == [auditor]
    assert system not in User.objects.active() and system not in User.objects.people()
    rights = signed_in(auditor).get(reverse("audit:rights")).content.decode()
    assert system.username not in rights and '<option value="client"' not in rights


def test_a_system_needs_no_second_factor(system, settings):
    settings.TOTP_REQUIRED_ROLES = ["client"]
    assert [error.id for error in User.check() if error.id == "accounts.E001"], "no role of people"
    assert system.is_person is False
    assert Role.CLIENT not in User(role=Role.BUREAU_ADMIN).managed_roles
