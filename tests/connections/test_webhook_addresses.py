"""Tests of where the portal sends to: nowhere that only it can reach, unless the operator says so."""

from __future__ import annotations

import socket

import pytest

from changzhi_portal.refusals import InvalidError
from connections.sending import NotAllowedAddressError, Outgoing, addresses, check_url, post, resolve
from tests.connections.receivers import make_webhook, receiver
from tests.factories import id_number

PUBLIC = "93.184.215.14"


def answers(*found: str):
    """Return what looks names up in place of `socket.getaddrinfo`, as it answers."""

    def lookup(host, port, *args, **kwargs):
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in found]

    return lookup


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://localhost/"),
        *("https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/"),
        *("https://0.0.0.0/", "https://0/", "https://10.0.0.1/", "https://172.16.5.4/", "https://192.168.1.1/"),
        *("https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://198.18.0.1/", "https://192.0.2.1/"),
        *("https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/", "https://192.88.99.1/"),
        *("https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fc00::1]/"),
        *("https://[fd00:ec2::254]/", "https://[ff02::1]/", "https://[fec0::1]/", "https://[2001:db8::1]/"),
        *("https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::ffff:10.0.0.1]/", "https://[::127.0.0.1]/"),
        *("https://[64:ff9b::7f00:1]/", "https://[64:ff9b::10.0.0.1]/", "https://[64:ff9b:1::1]/", "https://[2002:7f00:1::]/"),
        *("https://[2002:a00:1::1]/", "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "https://[100::1]/", "https://[5f00::1]/"),
    ],
)  # fmt: skip
def test_no_address_of_the_machine_or_the_intranet_is_sent_to(url, settings):
    with pytest.raises(NotAllowedAddressError):
        resolve(check_url(url))
    # An operator who lets one intranet in lets in nothing else.
    settings.WEBHOOK_ALLOWED_NETWORKS = ["10.20.0.0/16", "fd12::/16"]
    with pytest.raises(NotAllowedAddressError):
        resolve(check_url(url))


@pytest.mark.parametrize(
    "url",
    [
        *("http://data.example.cn/", "ftp://data.example.cn/", "file:///etc/passwd", "gopher://data.example.cn/", "//data.example.cn"),
        *("https://user:word@data.example.cn/", "https://user@data.example.cn/", "https://:word@data.example.cn/"),
        *("https://data.example.cn:22/", "https://data.example.cn:6379/", "https://data.example.cn:80/", f"https://{PUBLIC}:5432/"),
        *("https://data.example.cn:99999/", "https://data.example.cn:x/", "https://", "https:///path", "https://[::1/", "https://[x]/"),
        *("https://data.example.cn/#part", "https://data.example.cn/a b", "https://data.example.cn\\@10.0.0.1/", "https://数据.cn/"),
        *("https://data.example.cn/\r\nHost:x", "https://da*ta.example.cn/", "https://data..example.cn/", "https://ⓔxample.cn/"),
        "https://{}/".format("a" * 300),
    ],
)  # fmt: skip
def test_what_is_no_address_for_webhooks_is_refused_by_its_form(url):
    with pytest.raises(NotAllowedAddressError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [f"https://{PUBLIC}/", f"https://{PUBLIC}:8443/a?b=c", "https://[2606:4700::1111]/", f"https://[::ffff:{PUBLIC}]/"],
)
def test_the_public_network_is_sent_to(url):
    assert len(resolve(check_url(url))) == 1


def test_every_address_that_a_name_has_must_be_allowed():
    endpoint = check_url("https://data.example.cn/hooks")
    assert resolve(endpoint, answers(PUBLIC, "2606:4700::1111")) == [PUBLIC, "2606:4700::1111"]
    for found in (["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::ffff:192.168.1.1"], ["fe80::1%eth0"], [PUBLIC, "::1"]):
        with pytest.raises(NotAllowedAddressError):
            resolve(endpoint, answers(*found))
    with pytest.raises(OSError, match="no address"):
        resolve(endpoint, answers())


def test_networks_of_the_setting_are_sent_to_by_their_ports_and_by_http_too(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["10.20.0.0/16", "fd12::/16"]
    for url in (
        "http://10.20.3.4/",
        "http://10.20.3.4:8080/",
        "https://10.20.3.4:8443/",
        "http://[fd12::5]/",
        "http://[::ffff:10.20.3.4]/",
    ):
        assert resolve(check_url(url))
    for url in ("http://10.20.3.4:22/", "http://10.21.0.1/", f"http://{PUBLIC}/", f"https://{PUBLIC}:8080/"):
        with pytest.raises(NotAllowedAddressError):
            resolve(check_url(url))
    # A name in http is judged by where it leads.
    inner = check_url("http://exchange.example.cn:8080/")
    assert resolve(inner, answers("10.20.1.1")) == ["10.20.1.1"]
    with pytest.raises(NotAllowedAddressError):
        resolve(inner, answers(PUBLIC))


def test_a_name_is_looked_up_once_and_connected_to_where_it_was_judged(settings, monkeypatch):
    """A second answer that leads elsewhere (DNS rebinding) is never asked for."""
    with receiver() as inside, receiver() as elsewhere:
        settings.WEBHOOK_ALLOWED_NETWORKS, settings.WEBHOOK_ALLOWED_PORTS = (
            ["127.0.0.2/32"],
            [inside.port, elsewhere.port],
        )
        asked = []

        def lookup(host, port):
            asked.append(host)
            return answers("127.0.0.2" if len(asked) == 1 else "127.0.0.1")(host, port)

        monkeypatch.setattr(addresses, "_getaddrinfo", lookup)
        outcome = post(Outgoing(f"http://rebound.example.cn:{inside.port}/", "id", b"{}", ["whsec_AAAA"]))
        assert asked == ["rebound.example.cn"]
        # Nothing listens on 127.0.0.2: the connection went there and not to 127.0.0.1, where the server is.
        assert (outcome.status, outcome.error) == (None, "对方拒绝连接") and not inside.received
        outcome = post(Outgoing(f"http://rebound.example.cn:{inside.port}/", "id", b"{}", ["whsec_AAAA"]))
        assert "内网" in outcome.error and not inside.received, "the next sending judges anew"


def test_the_environment_names_no_proxy(settings, monkeypatch):
    with receiver() as server, receiver() as proxy:
        settings.WEBHOOK_ALLOWED_NETWORKS, settings.WEBHOOK_ALLOWED_PORTS = ["127.0.0.0/8"], [server.port]
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(Outgoing(server.url, "id", b"{}", ["whsec_AAAA"])).is_delivered
        assert len(server.received) == 1 and not proxy.received
        assert server.received[0].path == "/hooks?from=portal"
        assert server.received[0].headers["Host"] == f"127.0.0.1:{server.port}"


@pytest.mark.django_db
def test_an_address_is_judged_when_it_is_saved_and_a_name_that_leads_nowhere_yet_is_taken(place, monkeypatch):
    for url, lookup in (
        ("https://127.0.0.1/", None),
        ("https://inner.example.cn/", answers("10.0.0.1")),
        (f"https://data.example.cn/{id_number()}", answers(PUBLIC)),
        ("", None),
        ("https://data.example.cn/" + "a" * 300, answers(PUBLIC)),
    ):
        if lookup is not None:
            monkeypatch.setattr(addresses, "_getaddrinfo", lookup)
        with pytest.raises(InvalidError) as refused:
            make_webhook(place.county, url)
        assert refused.value.field == "url"

    def nothing(host, port):
        raise socket.gaierror

    monkeypatch.setattr(addresses, "_getaddrinfo", nothing)
    assert make_webhook(place.county, "https://later.example.cn/hooks")[0].pk
