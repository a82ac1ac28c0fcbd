"""A program that keeps a copy of a register: everything once, then by increments."""

from __future__ import annotations

from typing import Any

from django.test import Client

from changelog.trail.sealing import seal_waiting


class Mirror:
    """A copy of what one user sees of a register, by `ref`."""

    def __init__(self, client: Client, register: str, query: str = "") -> None:
        self.client = client
        self.rows: dict[str, Any] = {}
        self.gone: list[dict[str, Any]] = []
        self.later = f"/api/v1/{register}/?limit=2{query}"
        self.catch_up()

    def catch_up(self) -> None:
        """Read on from where the last reading ended."""
        seal_waiting()
        address = self.later
        while address:
            answer = self.client.get(address)
            assert answer.status_code == 200, answer.content.decode()
            page = answer.json()
            self.rows |= {row["ref"]: row for row in page["results"]}
            self.gone += page.get("gone", [])
            for gone in page.get("gone", []):
                self.rows.pop(gone["ref"], None)
            address, self.later = page["next"], page["changes"]

    def truth(self) -> dict[str, Any]:
        """Return what the mirror would hold if everything was read anew."""
        address = self.later.partition("modified_since")[0].rstrip("&?")
        return Mirror.of(self.client, address)

    @staticmethod
    def of(client: Client, address: str) -> dict[str, Any]:
        """Return all rows of an address by `ref`."""
        rows = {}
        following: str | None = address
        while following:
            page = client.get(following).json()
            rows |= {row["ref"]: row for row in page["results"]}
            following = page["next"]
        return rows
