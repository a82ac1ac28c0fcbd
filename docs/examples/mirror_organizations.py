#!/usr/bin/env python3
"""Keep a copy of the organizations that a token may see in a SQLite file. Needs nothing but Python 3.11.

    PORTAL_TOKEN=cz_… python3 mirror_organizations.py https://portal.example organizations.sqlite3

The first run reads everything, each further one what has changed since (docs/api.md §2.1). What a run has read and where
the next one begins are stored together, so a run that breaks off is simply run again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any


def pages(address: str, token: str) -> Iterator[dict[str, Any]]:
    """Yield every page from an address on; waits where the portal asks to."""
    following: str | None = address
    while following:
        request = urllib.request.Request(following, headers={"Authorization": f"Bearer {token}"})  # noqa: S310  # of the portal
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                page = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code not in {429, 503}:
                raise
            time.sleep(int(error.headers.get("Retry-After", "60")))
            continue
        yield page
        following = page["next"]


def mirror(base: str, token: str, path: str) -> int:
    """Bring the copy up to date; return how many organizations it holds. Raises HTTPError for what is refused."""
    copy = sqlite3.connect(path)
    copy.execute("CREATE TABLE IF NOT EXISTS organizations (ref TEXT PRIMARY KEY, record TEXT NOT NULL)")
    copy.execute("CREATE TABLE IF NOT EXISTS position (address TEXT NOT NULL)")
    known = copy.execute("SELECT address FROM position").fetchone()
    try:
        _read(copy, known[0] if known else f"{base}/api/v1/organizations/?limit=1000", token)
    except urllib.error.HTTPError as error:
        if error.code != 410:
            raise
        # The changes since then are archived: everything is read once more.
        with copy:
            copy.execute("DELETE FROM organizations")
            copy.execute("DELETE FROM position")
        _read(copy, f"{base}/api/v1/organizations/?limit=1000", token)
    (count,) = copy.execute("SELECT count(*) FROM organizations").fetchone()
    copy.close()
    return int(count)


def _read(copy: sqlite3.Connection, address: str, token: str) -> None:
    with copy:  # one transaction: rows and position, or neither
        for page in pages(address, token):
            rows = [(row["ref"], json.dumps(row, ensure_ascii=False)) for row in page["results"]]
            copy.executemany("INSERT OR REPLACE INTO organizations VALUES (?, ?)", rows)
            gone = [(row["ref"],) for row in page.get("gone", [])]
            copy.executemany("DELETE FROM organizations WHERE ref = ?", gone)
            later = page["changes"]
        copy.execute("DELETE FROM position")
        copy.execute("INSERT INTO position VALUES (?)", (later,))


if __name__ == "__main__":
    print(mirror(sys.argv[1].rstrip("/"), os.environ["PORTAL_TOKEN"], sys.argv[2]))
