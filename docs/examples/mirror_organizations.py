#!/usr/bin/env python3
"""Keep a copy of the organizations that a token may see in a SQLite file. Needs nothing but Python 3.11.

    PORTAL_TOKEN=cz_… python3 mirror_organizations.py https://portal.example organizations.sqlite3

The first run reads everything, each further one what has changed since (docs/api.md §2.1). What a page has brought and
where the next one begins are stored together, so a run that breaks off goes on there when it is run again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit


class ForeignAddressError(Exception):
    """An answer leads to another host, which must not see the token."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nowhere: the portal answers where it is asked, and the token would go along."""

    def redirect_request(self, *args: Any) -> None:
        """Have a redirection be an error."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def fetch(address: str, base: str, token: str) -> dict[str, Any]:
    """Return one page; waits where the portal asks to. Raises ForeignAddressError, and HTTPError for what is refused."""
    if urlsplit(address)[:2] != urlsplit(base)[:2]:
        raise ForeignAddressError(address)
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310  # of the portal
    while True:
        try:
            with _OPENER.open(request, timeout=60) as answer:
                page: dict[str, Any] = json.load(answer)
                return page
        except urllib.error.HTTPError as error:
            if error.code not in {429, 503}:
                raise
            time.sleep(int(error.headers.get("Retry-After", "60")))


def mirror(base: str, token: str, path: str, limit: int = 1000) -> int:
    """Bring the copy up to date, by pages of so many records; return how many organizations it holds."""
    copy = sqlite3.connect(path)
    copy.execute("CREATE TABLE IF NOT EXISTS organizations (ref TEXT PRIMARY KEY, record TEXT NOT NULL)")
    copy.execute("CREATE TABLE IF NOT EXISTS position (address TEXT NOT NULL)")
    everything = f"{base}/api/v1/organizations/?limit={limit}"
    known = copy.execute("SELECT address FROM position").fetchone()
    address = known[0] if known else everything
    while address:
        try:
            page = fetch(address, base, token)
        except urllib.error.HTTPError as error:
            if error.code != 410:
                raise
            # The changes since then are archived: everything is read once more.
            with copy:
                copy.execute("DELETE FROM organizations")
                copy.execute("DELETE FROM position")
            address = everything
            continue
        _store(copy, page)
        address = page["next"]
    (count,) = copy.execute("SELECT count(*) FROM organizations").fetchone()
    copy.close()
    return int(count)


def _store(copy: sqlite3.Connection, page: dict[str, Any]) -> None:
    with copy:  # one transaction: the rows and where to go on, or neither
        rows = [(row["ref"], json.dumps(row, ensure_ascii=False)) for row in page["results"]]
        copy.executemany("INSERT OR REPLACE INTO organizations VALUES (?, ?)", rows)
        gone = [(row["ref"],) for row in page.get("gone", [])]
        copy.executemany("DELETE FROM organizations WHERE ref = ?", gone)
        copy.execute("DELETE FROM position")
        copy.execute("INSERT INTO position VALUES (?)", (page["next"] or page["changes"],))


if __name__ == "__main__":
    print(mirror(sys.argv[1].rstrip("/"), os.environ["PORTAL_TOKEN"], sys.argv[2]))
