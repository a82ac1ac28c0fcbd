"""Where the portal may send to: the public network, and networks that the operator has named.

Otherwise whoever registers an address could have the portal ask machines that only it can reach (server-side request
forgery). A name is resolved once, every one of its addresses is judged, and the connection is made to one of those very
addresses: asking again might give another answer (DNS rebinding).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address
Lookup = Callable[[str, int], Sequence[Any]]

_PUBLIC_PORTS: Final = (443, 8443)
_GLOBAL_UNICAST: Final = ip_network("2000::/3")  # what IANA has given out of IPv6; RFC 4291 §2.4
# Addresses of IPv6 that stand for one of IPv4, wherever they lead: 6to4 (RFC 3056), Teredo (RFC 4380); and the relays of
# 6to4 (RFC 7526). NAT64 (RFC 6052) and addresses "compatible" with IPv4 lie outside of what was given out.
_TRANSITION: Final = tuple(map(ip_network, ("2002::/16", "2001::/32", "192.88.99.0/24")))
_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.IGNORECASE | re.ASCII)
_VISIBLE: Final = re.compile(r"[!-~]+", re.ASCII)


class NotAllowedAddressError(Exception):
    """The portal does not send to an address; the error's text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address to send to, taken apart. `host` is a name or the text of an IP address, `target` path and query."""

    is_tls: bool
    host: str
    port: int
    target: str

    @property
    def host_header(self) -> str:
        """Return the value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def check_url(url: str) -> Endpoint:
    """Return an address taken apart, judged by its form alone. Raises NotAllowedAddressError."""
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        raise NotAllowedAddressError("接收地址里有空格或不认识的字符；中文域名请写成xn--开头的样子。")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        literal = _literal(host) if host else None
    except ValueError:
        raise NotAllowedAddressError("接收地址写得不对，例如https://data.example.cn/hooks。") from None
    if parts.scheme not in {"https", "http"}:
        raise NotAllowedAddressError("接收地址应以https://开头。")
    if parts.username is not None or parts.password is not None:
        raise NotAllowedAddressError("接收地址里不要写用户名和密码；对方靠签名认出推送。")
    if "#" in url:
        raise NotAllowedAddressError("接收地址里不要有#。")
    if literal is None and not _NAME.fullmatch(host.removesuffix(".")):
        raise NotAllowedAddressError("接收地址里的主机名写得不对。")
    is_tls = parts.scheme == "https"
    if not is_tls and not _allowed_networks():
        raise NotAllowedAddressError("接收地址应以https://开头。")
    if port is None:
        port = 443 if is_tls else 80
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    endpoint = Endpoint(is_tls, host.removesuffix("."), port, target)
    if literal is not None:
        _refuse(endpoint, literal)
    elif port not in {*_PUBLIC_PORTS, *_inner_ports()}:
        raise _wrong_port(port)
    return endpoint


def resolve(endpoint: Endpoint, lookup: Lookup | None = None) -> list[str]:
    """Return the addresses of a host, each allowed. Raises NotAllowedAddressError if one is not, OSError for no answer.

    `lookup` is `socket.getaddrinfo` unless a test gives another one.
    """
    ask = lookup or _getaddrinfo
    found = list(dict.fromkeys(entry[4][0] for entry in ask(endpoint.host, endpoint.port)))
    if not found:
        raise OSError("the name has no address")
    for text in found:
        try:
            address = _literal(text)
        except ValueError:
            address = None
        if address is None:
            raise NotAllowedAddressError("接收地址的主机名查到的不是网络地址。")
        _refuse(endpoint, address)
    return found


def _getaddrinfo(host: str, port: int) -> Sequence[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)


def _literal(text: str) -> Address | None:
    """Return the address that a text is in its usual form; None for a name. Raises ValueError for one with a zone (RFC 4007)."""
    if "%" in text:
        raise ValueError(text)
    try:
        return ip_address(text)
    except ValueError:
        if ":" in text:
            raise
        return None


def _refuse(endpoint: Endpoint, address: Address) -> None:
    """Raise NotAllowedAddressError for an address that may not be sent to, or not in this way."""
    address = getattr(address, "ipv4_mapped", None) or address
    if _is_inner(address):
        if endpoint.port not in {*_PUBLIC_PORTS, *_inner_ports()}:
            raise _wrong_port(endpoint.port)
        return
    if not is_public(address):
        raise NotAllowedAddressError(
            "接收地址在内网或本机，平台不往那里发；确实要发的，请系统管理员在WEBHOOK_ALLOWED_NETWORKS里写上这个网段。"
        )
    if not endpoint.is_tls:
        raise NotAllowedAddressError("公网上的接收地址应以https://开头。")
    if endpoint.port not in _PUBLIC_PORTS:
        raise _wrong_port(endpoint.port)


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public network, and stands for no other one."""
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    if any(address in network for network in _TRANSITION if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _is_inner(address: Address) -> bool:
    if address.is_unspecified or address.is_multicast:
        return False
    return any(address in network for network in _allowed_networks() if network.version == address.version)


def _allowed_networks() -> list[Any]:
    return [ip_network(text) for text in settings.WEBHOOK_ALLOWED_NETWORKS]


def _inner_ports() -> list[int]:
    return list(settings.WEBHOOK_ALLOWED_PORTS) if settings.WEBHOOK_ALLOWED_NETWORKS else []


def _wrong_port(port: int) -> NotAllowedAddressError:
    ports = "、".join(str(each) for each in dict.fromkeys((*_PUBLIC_PORTS, *_inner_ports())))
    return NotAllowedAddressError(f"接收地址的端口{port}不能用，可以用的是{ports}。")
