"""Tests of the client address behind a proxy: failed sign-ins from one address must not lock users at another."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from changzhi_portal.addresses import client_address, counted_address

PASSWORD = "Lu-zhou-2018"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("1.1.1.1, 10.1.2.3", "10.1.2.3"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:10.1.2.3", "10.1.2.3"),  # or all of them would be counted as one network
        ("unknown", ""),
        ("", ""),
    ],
)
def test_only_what_nginx_itself_has_written_is_believed(forwarded: str, address: str) -> None:
    over_the_socket = RequestFactory(REMOTE_ADDR="").get("/", headers={"X-Forwarded-For": forwarded})
    assert client_address(over_the_socket) == address


def test_who_comes_over_tcp_cannot_choose_an_address() -> None:
    forged = RequestFactory(REMOTE_ADDR="10.1.2.3").get("/", headers={"X-Forwarded-For": "10.6.6.6"})
    assert client_address(forged) == "10.1.2.3"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("unix:", "unix:"),
    ],
)
def test_all_addresses_of_one_ipv6_connection_are_counted_together(address: str, counted: str) -> None:
    assert counted_address(address) == counted


@pytest.mark.django_db
def test_five_wrong_passwords_from_elsewhere_do_not_lock_a_clerk_out(clerk: User) -> None:
    clerk.set_password(PASSWORD)
    clerk.save()
    for _ in range(6):
        stranger = sign_in(clerk, "wrong", "10.9.9.9")
    assert stranger == 429
    assert sign_in(clerk, PASSWORD, "10.1.2.3") == 302


def sign_in(user: User, password: str, address: str) -> int:
    """Return the status code of the response."""
    typed = {"username": user.username, "password": password}
    headers = {"X-Forwarded-For": address}
    browser = Client(REMOTE_ADDR="")  # over nginx's socket
    return browser.post(reverse("accounts:login"), typed, headers=headers).status_code
