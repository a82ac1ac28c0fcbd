"""The addresses that a token may be used from: networks of IPv4 or IPv6, separated by blanks; "" for any."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network


class WrongNetworkError(ValueError):
    """A text that is neither an address nor a network; it is the error's text."""


def clean_networks(text: str) -> str:
    """Return networks as they are stored, from what somebody has typed with blanks, commas or line ends between them.

    10.1.2.3 and 10.1.2.0/24 are both right; of 10.1.2.3/24 the network is taken. Raises WrongNetworkError.
    """
    found = []
    for part in re.split(r"[\s,，、;；]+", text):
        if part:
            try:
                found.append(str(ip_network(part, strict=False)))
            except ValueError as error:
                raise WrongNetworkError(part) from error
    return " ".join(dict.fromkeys(found))


def are_allowed(networks: str, address: str) -> bool:
    """Return whether an address lies in one of the networks; any does in none, an unknown one in no other."""
    if not networks:
        return True
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in ip_network(network) for network in networks.split())
